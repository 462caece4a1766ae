package tokenendpoint_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

var fieldSecret = vendorconfig.Field{Name: "ClientSecret", Env: "TEST_CLIENT_SECRET"}

func TestSecretSourceFailures(t *testing.T) {
	vault := errors.New("the vault is sealed; token eyJhbGciOiJub25lIn0.e30.c2ln")
	own := &auth.Error{Op: "read the secret", Kind: auth.ErrInvalidConfig, Err: errors.New("no such file"), Hint: "mount it"}
	for name, tt := range map[string]struct {
		source auth.SecretSource
		kind   error
		cause  error
		text   string
	}{
		"any error":        {func(context.Context) (auth.Secret, error) { return auth.Secret{}, vault }, auth.ErrUnavailable, vault, "SecretSource: the vault is sealed; token [redacted]"},
		"an *auth.Error":   {func(context.Context) (auth.Secret, error) { return auth.Secret{}, own }, auth.ErrInvalidConfig, nil, "test: read the secret: invalid configuration: no such file; mount it"},
		"a wrapped one":    {func(context.Context) (auth.Secret, error) { return auth.Secret{}, fmt.Errorf("on the way: %w", own) }, auth.ErrInvalidConfig, own, "SecretSource: on the way"},
		"nothing":          {func(context.Context) (auth.Secret, error) { return auth.Secret{}, nil }, auth.ErrInvalidConfig, nil, "ClientSecret (TEST_CLIENT_SECRET) is empty"},
		"white space":      {auth.StaticSecret(auth.NewSecret(" \n")), auth.ErrInvalidConfig, nil, "ClientSecret (TEST_CLIENT_SECRET) is empty"},
		"from an encoder":  {auth.StaticSecret(auth.NewSecret("[redacted]\n")), auth.ErrInvalidConfig, nil, `ClientSecret (TEST_CLIENT_SECRET) is "[redacted]", which an encoder writes in place of a secret`},
		"the caller's end": {func(context.Context) (auth.Secret, error) { return auth.Secret{}, context.Canceled }, auth.ErrUnavailable, context.Canceled, "SecretSource: context canceled"},
		"with the secret":  {withSecret(func(s string) error { return fmt.Errorf("%q is too old", s) }), auth.ErrUnavailable, nil, `SecretSource: [redacted] is too old`},
		"in an *auth.Error": {withSecret(func(s string) error {
			return &auth.Error{Op: "read", Kind: auth.ErrInvalidConfig, Description: s, Err: errors.New(s), Hint: "not " + s}
		}), auth.ErrInvalidConfig, nil, "not [redacted]"},
		"a file is missing": {auth.FileSecret("testdata/no-such-file"), auth.ErrInvalidConfig, nil, "testdata/no-such-file"},
	} {
		t.Run(name, func(t *testing.T) {
			x := &tokenendpoint.Exchange{Vendor: "test", Op: "password grant"}
			_, err := x.UseSecret(t.Context(), fieldSecret, tt.source)
			var e *auth.Error
			if !errors.As(err, &e) || e.Vendor != "test" || e.Op == "" || e.Hint == "" || !errors.Is(err, tt.kind) {
				t.Fatalf("got %v", err)
			}
			if tt.cause != nil && !errors.Is(err, tt.cause) {
				t.Errorf("the cause is lost: %v", err)
			}
			vendortest.WantText(t, err.Error(), tt.text)
			if strings.Contains(fmt.Sprintf("%+v", err), "rotten-secret") {
				t.Errorf("the secret shows: %v", err)
			}
		})
	}
	if own.Vendor != "" {
		t.Error("the source's error was modified")
	}
}

// withSecret is a source that returns a secret and, although nobody may use it, an error that
// quotes it.
func withSecret(fail func(secret string) error) auth.SecretSource {
	return func(context.Context) (auth.Secret, error) {
		return auth.NewSecret("rotten-secret"), fail("rotten-secret")
	}
}

func TestSecretIsReadAtEveryRequestAndKeptOutOfTheAnswer(t *testing.T) {
	n := 0
	source := func(context.Context) (auth.Secret, error) { n++; return auth.NewSecret(fmt.Sprint("secret-", n)), nil }
	for want := 1; want <= 3; want++ {
		x := &tokenendpoint.Exchange{Vendor: "test", Op: "password grant"}
		got, err := x.UseSecret(t.Context(), fieldSecret, source)
		if err != nil || got != fmt.Sprint("secret-", want) || len(x.Secrets) != 1 || x.Secrets[0].Reveal() != got {
			t.Errorf("got %q, %v", got, err)
		}
	}
}
