package repo

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// request asks for one token and returns the error.
func request(s *auth.TokenSource, err error) error {
	if err == nil {
		_, err = s.TokenContext(context.Background())
	}
	return err
}

func wantHint(t *testing.T, err error, kind error, part string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), part) {
		t.Errorf("got %v, want %v with %q in its text", err, kind, part)
	}
}

// A swapped client id and secret are easily overlooked, so the error mentions both.
func TestSwappedIDAndSecret(t *testing.T) {
	vendors := sandbox.Start(t)
	swap := func(id *string, secret *auth.Secret) {
		*id, *secret = secret.Reveal(), auth.NewSecret(*id)
	}
	ofFinventi := vendors.Finventi()
	swap(&ofFinventi.ClientID, &ofFinventi.ClientSecret)
	wantHint(t, request(finventi.NewTokenSource(ofFinventi)), auth.ErrInvalidCredentials, "not swapped")
	ofFinAPI := vendors.FinAPI()
	swap(&ofFinAPI.Username, &ofFinAPI.Password)
	wantHint(t, request(finapi.NewTokenSource(ofFinAPI)), auth.ErrInvalidCredentials, "check Username and Password")
	ofOneFinOps := vendors.OneFinOps()
	swap(&ofOneFinOps.ClientID, &ofOneFinOps.ClientSecret)
	wantHint(t, request(onefinops.NewTokenSource(ofOneFinOps)), auth.ErrInvalidConfig, "not swapped")
	ofFinCalc := vendors.FinCalc()
	swap(&ofFinCalc.ClientID, &ofFinCalc.ClientSecret)
	wantHint(t, request(fincalc.NewTokenSource(ofFinCalc)), auth.ErrInvalidCredentials, "not swapped")
}

func TestUnknownRealm_isNamed(t *testing.T) {
	vendors := sandbox.Start(t)
	ofFinventi := vendors.Finventi()
	ofFinventi.Realm = "sti-conector"
	wantHint(t, request(finventi.NewTokenSource(ofFinventi)), auth.ErrInvalidConfig, "/realms/sti-conector/")
	ofFinAPI := vendors.FinAPI()
	ofFinAPI.Mandator = "custommer"
	wantHint(t, request(finapi.NewTokenSource(ofFinAPI)), auth.ErrInvalidConfig, "/realms/custommer/")
	// The base URL is wrong.
	ofOneFinOps := vendors.OneFinOps()
	ofOneFinOps.AuthURL += "/auth"
	wantHint(t, request(onefinops.NewTokenSource(ofOneFinOps)), auth.ErrInvalidConfig, ofOneFinOps.AuthURL+docpath.Of(onefinopsserver.Document, "IssueToken"))
	ofFinCalc := vendors.FinCalc()
	ofFinCalc.AuthURL += "/v2"
	wantHint(t, request(fincalc.NewTokenSource(ofFinCalc)), auth.ErrInvalidConfig, ofFinCalc.AuthURL+docpath.Of(fincalcserver.Document, "IssueToken"))
}

func TestMissingSecret_namesItsFileVariable(t *testing.T) {
	for name, fromEnv := range map[string]func() error{
		"FINVENTI_CLIENT_SECRET":  func() error { _, err := finventi.ConfigFromEnv(); return err },
		"FINAPI_PASSWORD":         func() error { _, err := finapi.ConfigFromEnv(); return err },
		"ONEFINOPS_CLIENT_SECRET": func() error { _, err := onefinops.ConfigFromEnv(); return err },
		"FINCALC_CLIENT_SECRET":   func() error { _, err := fincalc.ConfigFromEnv(); return err },
	} {
		t.Setenv(name, "")
		t.Setenv(name+"_FILE", "")
		wantHint(t, fromEnv(), auth.ErrInvalidConfig, "("+name+") is missing: set it, "+name+"_FILE or SecretSource")
	}
}
