package fincalc_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/finsdk/finsdk-go/fincalc"
	fincalcapi "github.com/finsdk/finsdk-go/gen/fincalc/api"
	"github.com/finsdk/finsdk-go/sandbox"
)

// TestGeneratedClientSeesADeadToken uses an API that answers a dead token with a redirect to its
// login page, as Laravel does, unless the request asks for JSON.
func TestGeneratedClientSeesADeadToken(t *testing.T) {
	for _, test := range []struct {
		name    string
		options func(fincalc.Config) fincalcapi.ClientOption
		status  int
	}{
		{"source.Client replays with a new token", func(c fincalc.Config) fincalcapi.ClientOption {
			source, err := fincalc.NewTokenSource(c)
			if err != nil {
				t.Fatal(err)
			}
			return fincalcapi.WithHTTPClient(source.Client())
		}, http.StatusOK},
		{"the request editor shows the 401", func(c fincalc.Config) fincalcapi.ClientOption {
			source, err := fincalc.NewTokenSource(c)
			if err != nil {
				t.Fatal(err)
			}
			return fincalcapi.WithRequestEditorFn(source.Authorize)
		}, http.StatusUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := sandbox.Start(t)
			config := s.FinCalc()
			client, err := fincalcapi.NewClientWithResponses(config.APIBaseURL(), test.options(config))
			if err != nil {
				t.Fatal(err)
			}
			call := func() int {
				r, err := client.ListClientsWithResponse(t.Context(), &fincalcapi.ListClientsParams{})
				if err != nil {
					t.Fatal(err)
				}
				return r.StatusCode()
			}
			if status := call(); status != http.StatusOK {
				t.Fatalf("with a good token: %d", status)
			}
			s.RevokeTokens(sandbox.FinCalc)
			if status := call(); status != test.status {
				t.Errorf("after the token was revoked: %d, want %d", status, test.status)
			}
		})
	}
}

func TestNullBesideMembersThatTheDocumentLeavesOpen(t *testing.T) {
	text, err := json.Marshal(fincalc.ClientRequest{FirstName: "Ann", NullFields: []string{"Mobile"}, AdditionalProperties: map[string]any{"More": 1}})
	if want := `{"DateOfBirth":null,"FirstName":"Ann","Gender":0,"Mobile":null,"More":1,"Surname":""}`; err != nil || string(text) != want {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
}

func TestRepaymentComesAloneOrInAList(t *testing.T) {
	for _, example := range []string{"list", "object"} {
		c, err := fincalc.NewClient(sandbox.Start(t).FinCalc())
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.GetRepayment(t.Context(), "household", "liability", "repayment", nil, func(_ context.Context, req *http.Request) error {
			req.Header.Set("Prefer", "code=200, example="+example)
			return nil
		})
		if err != nil || len(r.Data) != 1 || *r.Data[0].TransactionAmount != 1050.45 {
			t.Errorf("%s: got %v, %v", example, r, err)
		}
	}
}
