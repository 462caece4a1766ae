package tokenendpoint_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

func TestFailureInAShapeOfTheVendorsOwn(t *testing.T) {
	for name, tt := range map[string]struct{ body, code, description string }{
		"own shape":     {`{"problem":{"type":"unknown_tenant","detail":"No such tenant."}}`, "unknown_tenant", "No such tenant."},
		"detail alone":  {`{"problem":{"detail":"No such tenant."}}`, "", "No such tenant."},
		"usual shape":   {`{"error":"invalid_client","error_description":"No."}`, "invalid_client", "No."},
		"secret in it":  {`{"problem":{"type":"` + secret + `","detail":"No ` + secret + `."}}`, "", "No [redacted]"},
		"neither shape": {`{}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			x := &tokenendpoint.Exchange{Vendor: "test", Op: "client_credentials grant", Secrets: []auth.Secret{auth.NewSecret(secret)},
				Fault: func(m tokenendpoint.Members) (code, description string) {
					problem, _ := m.Object("problem")
					code, _ = problem.Text("type")
					description, _ = problem.Text("detail")
					return code, description
				}}
			_, err := post(vendortest.With(t, vendortest.Stub(http.StatusBadRequest, tt.body)), x, "https://vendor.test")
			var e *auth.Error
			if !errors.As(err, &e) || e.Code != tt.code || e.Description != tt.description {
				t.Errorf("got %v, want code %q and description %q", err, tt.code, tt.description)
			}
			vendortest.NoLeak(t, "failure", err, secret)
		})
	}
}
