package acme

import (
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

var suite = vendortest.Vendor[Config, *Grant, *Token]{
	Name:           "acme",
	NewGrant:       NewGrant,
	NewTokenSource: NewTokenSource,
	ConfigFromEnv:  ConfigFromEnv,
	Ask:            (*Grant).ClientCredentials,
	Failures: []vendortest.Failure[Config]{
		{Name: "unknown tenant", Answer: vendortest.Answer(400, `{"error":{"type":"unknown_tenant","detail":"No."}}`),
			Kind: auth.ErrInvalidConfig, Hint: "check Tenant"},
	},
}

func TestVendor(t *testing.T) { vendortest.Test(t, suite) }

func FuzzResponse(f *testing.F) { vendortest.FuzzResponse(f, suite) }
