package tokenendpoint

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/errortext"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// UseSecret asks source for the secret in f, and tells the token source that ctx belongs to, which
// may refuse a secret that the vendor has recently rejected. Call it just before sending. No error
// shows the secret.
func (x *Exchange) UseSecret(ctx context.Context, f vendorconfig.Field, source auth.SecretSource) (string, error) {
	secret, err := source(ctx)
	if err != nil {
		return "", x.sourceError(err, secret)
	}
	if strings.TrimSpace(secret.Reveal()) == "" {
		return "", x.BadField(f, "is empty: SecretSource returned nothing")
	}
	if vendorconfig.IsRedacted(secret) {
		return "", x.BadField(f, vendorconfig.Redacted)
	}
	if err := auth.UseSecret(ctx, secret); err != nil {
		return "", err
	}
	x.Secrets = append(x.Secrets, secret)
	return secret.Reveal(), nil
}

// BadField describes a field that turned out to be wrong when it was sent.
func (x *Exchange) BadField(f vendorconfig.Field, problem string) error {
	return &auth.Error{
		Vendor: x.Vendor,
		Help:   x.Help,
		Op:     x.Op,
		Kind:   auth.ErrInvalidConfig,
		Err:    &auth.FieldError{Field: f.Name, Env: f.Env, Problem: problem},
		Hint:   "nothing was sent: set the field named here",
	}
}

// sourceError describes the failure of a SecretSource, without the secret that it may have
// returned. An *auth.Error keeps its kind; any other failure, such as a vault that does not answer,
// may pass.
func (x *Exchange) sourceError(err error, secret auth.Secret) error {
	hide := x.redactor(secret.Reveal())
	if failure, ok := err.(*auth.Error); ok && failure != nil {
		e := *failure
		e.Vendor, e.Help = cmp.Or(e.Vendor, x.Vendor), cmp.Or(e.Help, x.Help)
		for _, text := range []*string{&e.Op, &e.Description, &e.Hint} {
			*text = hide.Text(*text)
		}
		e.Err = errortext.Retell(e.Err, hide.Text)
		return &e
	}
	e := &auth.Error{
		Vendor: x.Vendor,
		Help:   x.Help,
		Op:     x.Op,
		Kind:   auth.ErrUnavailable,
		Err:    &sourceFailure{errortext.Retell(err, hide.Text)},
		Hint:   "nothing was sent: mend what SecretSource reads from",
	}
	var wrapped *auth.Error
	if errors.As(err, &wrapped) && wrapped.Kind != nil {
		e.Kind = wrapped.Kind
	}
	return e
}

// sourceFailure tells the error of a SecretSource from the vendor's.
type sourceFailure struct{ err error }

func (e *sourceFailure) Error() string { return "SecretSource: " + e.err.Error() }
func (e *sourceFailure) Unwrap() error { return e.err }
