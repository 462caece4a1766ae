package finapi

import (
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

var suite = vendortest.Vendor[Config, *Grant, *Token]{
	Name:           "finapi",
	NewGrant:       NewGrant,
	NewTokenSource: NewTokenSource,
	ConfigFromEnv:  ConfigFromEnv,
	Ask:            (*Grant).Password,
	Refresh:        (*Grant).Refresh,
	Required:       Config{Mandator: "customer"},
	Odd:            Config{Username: `jürgen+"x"&y=z%41@bank.example`},
	Answers: []string{`{"access_token":"a","expires_in":9,"is_test_mandator":"maybe","refresh_token":7}`,
		`{"access_token":"a","expires_in":9,"refresh_token":"r","refresh_expires_in":1e99}`},
}

func TestVendor(t *testing.T) { vendortest.Test(t, suite) }

func FuzzResponse(f *testing.F) { vendortest.FuzzResponse(f, suite) }

func FuzzMandator(f *testing.F) { vendortest.FuzzSegment(f, suite) }

func TestRefreshWithoutATokenSendsNothing(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, "{}"))
	_, err := suite.Grant(t, suite.Documented(t, vendor.URL)).Refresh(t.Context(), auth.NewSecret(" "))
	vendortest.WantFailure(t, err, "finapi", "refresh_token grant", auth.ErrInvalidConfig, "nothing was sent")
	if n := len(vendor.Requests()); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}
