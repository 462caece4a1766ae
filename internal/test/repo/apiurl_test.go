package repo

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/finventi"
	finapiapi "github.com/finsdk/finsdk-go/gen/finapi/api"
	finventiapi "github.com/finsdk/finsdk-go/gen/finventi/api"
)

// A client of a Config without an APIURL calls a relative URL. The error names the variable that
// sets APIURL, not the problem with that URL.
func TestCallWithoutAPIURL_namesTheVariable(t *testing.T) {
	for name, value := range map[string]string{
		"FINAPI_MANDATOR": "customer", "FINAPI_USERNAME": "anna", "FINAPI_PASSWORD": "secret", "FINAPI_API_URL": "",
		"FINVENTI_CLIENT_ID": "id", "FINVENTI_CLIENT_SECRET": "secret", "FINVENTI_ENVIRONMENT": "production", "FINVENTI_API_URL": "",
	} {
		t.Setenv(name, value)
	}
	mandated, err1 := finapi.ConfigFromEnv()
	production, err2 := finventi.ConfigFromEnv()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	bank, err1 := finapi.NewTokenSource(mandated)
	payee, err2 := finventi.NewTokenSource(production)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	get := func(s *auth.TokenSource, base string) func() error {
		return func() error {
			resp, err := s.Client().Get(base + "/whoami")
			if err == nil {
				_ = resp.Body.Close()
			}
			return err
		}
	}
	for name, tt := range map[string]struct {
		call func() error
		want string
	}{
		"finapi, http.Client":   {get(bank, mandated.APIBaseURL()), "FINAPI_API_URL"},
		"finventi, http.Client": {get(payee, production.APIBaseURL()), "FINVENTI_API_URL"},
		"finapi, generated client": {func() error {
			api, err := finapiapi.NewClientWithResponses(mandated.APIBaseURL(), finapiapi.WithHTTPClient(bank.Client()))
			if err != nil {
				return err
			}
			_, err = api.WhoAmIWithResponse(t.Context())
			return err
		}, "FINAPI_API_URL"},
		"finventi, request editor": {func() error {
			api, err := finventiapi.NewClientWithResponses(production.APIBaseURL(), finventiapi.WithRequestEditorFn(payee.Authorize),
				finventiapi.WithHTTPClient(&http.Client{CheckRedirect: payee.CheckRedirect}))
			if err != nil {
				return err
			}
			_, err = api.VerifyPayeeWithResponse(t.Context(), &finventiapi.VerifyPayeeParams{}, finventiapi.PayeeVerificationRequest{})
			return err
		}, "FINVENTI_API_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.call()
			if !errors.Is(err, auth.ErrHostNotAllowed) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want a text that names %s", err, tt.want)
			}
		})
	}
}
