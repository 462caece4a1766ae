package spec_test

import (
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/interop/calls"
	"github.com/finsdk/finsdk-go/sandbox"
)

// TestSDK makes every call of the SDK. The documents have every request and every answer.
func TestSDK(t *testing.T) {
	t.Parallel()
	v := start(t,
		sandbox.WithClient(sandbox.FinCalc, sandbox.Client{ID: "12345", Secret: auth.NewSecret("s"), EmailAddress: "hello@example.com"}),
		sandbox.WithClient(sandbox.FinCalc, sandbox.Client{ID: "my-client", Secret: auth.NewSecret("s"), EmailAddress: "hello@example.com"}),
		sandbox.WithClient(sandbox.FinCalc, sandbox.Client{ID: "0012", Secret: auth.NewSecret("s"), EmailAddress: "hello@example.com"}),
		sandbox.WithClient(sandbox.FinCalc, sandbox.Client{ID: "9223372036854775807", Secret: auth.NewSecret("s"), EmailAddress: "hello@example.com"}),
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "sti-client", Secret: auth.NewSecret(`&=+% ü"'`)}),
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "api-vop-client", Realm: "Tenant_1.eu", Secret: auth.NewSecret("s")}),
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "api-sepa-gateway-client", Realm: "Tenant_1.eu", Secret: auth.NewSecret("s")}),
		sandbox.WithUser(sandbox.User{Username: "ümläut & co", Password: auth.NewSecret(`p&w=+% ü"'`)}),
		sandbox.WithUser(sandbox.User{Username: "tester", Password: auth.NewSecret("pw"), Mandator: "other-1", TestMandator: true, TechnicalUser: true}),
	)
	transport := v.transport
	makeAll := func(name string, list []calls.Call, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range list {
			if _, err := c.Do(t.Context()); err != nil {
				t.Errorf("%s, %s: %v", name, c.Name, err)
			}
		}
	}
	list, err := calls.Finventi(v.Finventi(v.url), transport)
	makeAll("Finventi", list, err)
	for _, product := range []finventi.Product{finventi.VerificationOfPayee, finventi.Payments} {
		list, err = calls.Finventi(v.FinventiProduct(v.url, product), transport)
		makeAll("Finventi, "+string(product), list, err)
	}

	finapi := v.FinAPI(v.url)
	list, err = calls.FinAPI(finapi, transport)
	makeAll("finAPI", list, err)
	finapi.Mandator, finapi.Username, finapi.Password = "other-1", "tester", auth.NewSecret("pw")
	list, err = calls.FinAPI(finapi, transport)
	makeAll("another mandator of finAPI", list, err)

	list, err = calls.OneFinOps(v.OneFinOps(v.url), transport)
	makeAll("OneFinOps", list, err)
	list, err = calls.OneFinOps(v.OneFinOpsLive(v.url), transport)
	makeAll("OneFinOps live", list, err)

	fincalc := v.FinCalc(v.url)
	for _, id := range []string{"12345", "my-client", "0012", "9223372036854775807"} {
		fincalc.ClientID = id
		list, err = calls.FinCalc(fincalc, transport)
		makeAll("FinCalc client "+id, list, err)
	}
	v.valid()
}
