package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/finventi"
	finventiapi "github.com/finsdk/finsdk-go/gen/finventi/api"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// exampleT stands where a test has its *testing.T.
type exampleT struct{ cleanups []func() }

func (*exampleT) Helper()                           {}
func (t *exampleT) Cleanup(f func())                { t.cleanups = append(t.cleanups, f) }
func (*exampleT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (t *exampleT) end() {
	for _, f := range t.cleanups {
		f()
	}
}

// In a test: one line starts the four vendors, and each has a Config ready.
func ExampleStart() {
	t := &exampleT{} // in a test: func TestX(t *testing.T)
	defer t.end()

	vendors := sandbox.Start(t)

	config := vendors.FinventiProduct(finventi.VerificationOfPayee)
	source, err := finventi.NewTokenSource(config)
	if err != nil {
		panic(err)
	}
	api, err := finventiapi.NewClientWithResponses(config.APIURL, finventiapi.WithRequestEditorFn(source.Authorize))
	if err != nil {
		panic(err)
	}
	resp, err := api.VerifyPayeeWithResponse(context.Background(), &finventiapi.VerifyPayeeParams{IdempotencyKey: "1"},
		finventiapi.PayeeVerificationRequest{IBAN: "LT123456789012345678", AccountHolderName: "A. Johnson"})
	if err != nil {
		panic(err)
	}
	fmt.Println(resp.StatusCode(), resp.JSON200.MatchResult, resp.JSON200.RealName)
	// Output: 200 CLOSE_MATCH Alice Johnson
}

// The bare handler goes into any server, here one of net/http/httptest.
func ExampleNew() {
	vendors := sandbox.New()
	server := httptest.NewServer(vendors)
	defer server.Close()

	source, err := onefinops.NewTokenSource(vendors.OneFinOps(server.URL))
	if err != nil {
		panic(err)
	}
	token, err := source.Token()
	if err != nil {
		panic(err)
	}
	claims, err := auth.ParseClaims(token.AccessToken)
	if err != nil {
		panic(err)
	}
	fmt.Println(token.Type(), claims.Audience, claims.String("organization_id"))
	// Output: Bearer [onefinops.api] org_test_1
}

// By hand, over TLS: clients trust the certificate that CertificatePEM shows.
func ExampleListen() {
	vendors, err := sandbox.Listen("127.0.0.1:0", sandbox.WithTLS())
	if err != nil {
		panic(err)
	}
	resp, err := vendors.Client().Get(vendors.URL + "/_sandbox/health")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	fmt.Println(strings.HasPrefix(vendors.URL, "https://127.0.0.1:"), resp.Status)
	fmt.Println(vendors.Close())
	// Output:
	// true 200 OK
	// <nil>
}

// In the process alone: where there are no sockets, as in a testing/synctest bubble, in which
// the sandbox's clock and its waiting are virtual too. The source needs the sandbox's client.
func ExampleWithoutNetwork() {
	t := &exampleT{} // in a test: synctest.Test(t, func(t *testing.T) { … })
	defer t.end()

	vendors := sandbox.Start(t, sandbox.WithoutNetwork())

	config := vendors.FinAPI()
	source, err := finapi.NewTokenSource(config, auth.WithHTTPClient(vendors.Client()))
	if err != nil {
		panic(err)
	}
	resp, err := source.Client().Get(config.APIURL + "/whoami")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, vendors.TokenRequests(sandbox.FinAPI))
	// Output: 200 OK 1
}

// A file of options sets up tests and a sandbox run by hand alike: LoadOptions reads one, "finsdk
// sandbox -config" too.
func ExampleReadOptions() {
	options, err := sandbox.ReadOptions(strings.NewReader(`{
		"keycloak": "26.5",
		"finapi": {
			"users": [{"username": "berta", "password": "pw-berta"}],
			"lifetimes": {"access": "20s", "session_idle": "5m"}
		}
	}`))
	if err != nil {
		panic(err)
	}
	fmt.Println(sandbox.New(options...).FinAPI("https://vendors.example").Username)

	_, err = sandbox.ReadOptions(strings.NewReader(`{"finapi": {"user": []}}`))
	fmt.Println(err)
	// Output:
	// berta
	// options:1:13: finapi: there is no member "user"; did you mean "users"?
}

// Time passes without waiting. What the SDK thinks of the time is another matter: it has its own
// clock, so this looks at the API.
func ExampleServer_Advance() {
	t := &exampleT{}
	defer t.end()
	vendors := sandbox.Start(t)
	config := vendors.FinAPI()
	source, err := finapi.NewTokenSource(config)
	if err != nil {
		panic(err)
	}
	whoAmI := func() {
		// The source's client replaces a token that is refused, and tries once more.
		resp, err := source.Client().Get(config.APIURL + "/whoami")
		if err != nil {
			panic(err)
		}
		defer resp.Body.Close()
		fmt.Println(resp.Status, vendors.TokenRequests(sandbox.FinAPI))
	}
	whoAmI()
	vendors.Advance(16 * time.Minute) // the access token lives 15
	whoAmI()
	vendors.Advance(31 * time.Minute) // the session lives 30 without use
	whoAmI()
	for _, x := range vendors.Journal() {
		if x.Endpoint == sandbox.TokenEndpoint {
			fmt.Println(x.Grant, x.Status)
		}
	}
	// Output:
	// 200 OK 1
	// 200 OK 2
	// 200 OK 4
	// password 200
	// refresh_token 200
	// refresh_token 400
	// password 200
}

// A vendor that is overloaded for a moment.
func ExampleServer_Inject() {
	t := &exampleT{}
	defer t.end()
	vendors := sandbox.Start(t)
	source, err := finventi.NewTokenSource(vendors.Finventi())
	if err != nil {
		panic(err)
	}
	if err := vendors.Inject(sandbox.Fault{Vendor: sandbox.Finventi, Name: "503", Times: 1}); err != nil {
		panic(err)
	}
	_, err = source.Token()
	fmt.Println(errors.Is(err, auth.ErrUnavailable))
	// Output: true
}

// What the vendors were asked, without secrets.
func ExampleServer_Journal() {
	t := &exampleT{}
	defer t.end()
	vendors := sandbox.Start(t)
	source, err := onefinops.NewTokenSource(vendors.OneFinOps())
	if err != nil {
		panic(err)
	}
	if _, err := source.Token(); err != nil {
		panic(err)
	}
	for _, x := range vendors.Journal() {
		fmt.Println(x.Seq, x.Method, x.Vendor, x.Endpoint, x.Status)
		sent, err := url.ParseQuery(x.Request.Body)
		if err != nil {
			panic(err)
		}
		fmt.Println(sent.Get("client_id"), sent.Get("client_secret"))
		fmt.Println(strings.Contains(x.Response.Body, `"access_token":"[redacted]"`))
	}
	// Output:
	// 1 POST onefinops token 200
	// ofin_test_abc [redacted]
	// true
}

// To wait for what a service does in the background, without polling.
func ExampleServer_NextExchange() {
	t := &exampleT{}
	defer t.end()
	vendors := sandbox.Start(t)
	source, err := finventi.NewTokenSource(vendors.Finventi())
	if err != nil {
		panic(err)
	}
	go func() { _, _ = source.Token() }() // stands for the service

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	x, err := vendors.NextExchange(ctx, sandbox.ExchangeFilter{Vendor: sandbox.Finventi, Endpoint: sandbox.TokenEndpoint})
	if err != nil {
		panic(err)
	}
	fmt.Println(x.Seq, x.Client, x.Grant, x.Status)
	// Output: 1 sti-client client_credentials 200
}

// OneFinOps lets the old secret and the new one live side by side for a day.
func ExampleServer_RotateSecret() {
	vendors := sandbox.New()
	server := httptest.NewServer(vendors)
	defer server.Close()
	old := vendors.OneFinOps(server.URL)
	if _, err := vendors.RotateSecret(sandbox.OneFinOps, old.ClientID); err != nil {
		panic(err)
	}
	works := func(c onefinops.Config) bool {
		source, err := onefinops.NewTokenSource(c)
		if err != nil {
			panic(err)
		}
		_, err = source.Token()
		return err == nil
	}
	fmt.Println(works(old), works(vendors.OneFinOps(server.URL)))
	vendors.Advance(24 * time.Hour)
	fmt.Println(works(old), works(vendors.OneFinOps(server.URL)))
	// Output:
	// true true
	// false true
}

// A magic client id brings its own fault, and needs no other set-up.
func ExampleScenarios() {
	server := httptest.NewServer(sandbox.New())
	defer server.Close()
	for _, sc := range sandbox.Scenarios() {
		if sc.Name != "429" {
			continue
		}
		fmt.Println(sc.Accounts[0]+":", sc.What)
		body := "grant_type=client_credentials&client_secret=any&client_id=" + sc.Accounts[0]
		resp, err := http.Post(server.URL+finventiToken,
			"application/x-www-form-urlencoded", strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		text, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		fmt.Printf("%s, Retry-After: %s, %q\n", resp.Status, resp.Header.Get("Retry-After"), text)
	}
	// Output:
	// fault-429: 429 with Retry-After in seconds
	// 429 Too Many Requests, Retry-After: 2, "Too Many Requests\n"
}

// Accounts and lifetimes of your own.
func ExampleWithClient() {
	vendors := sandbox.New(
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "my-service", Secret: auth.NewSecret("my-secret"), Realm: "my-tenant"}),
		sandbox.WithUser(sandbox.User{Username: "erika", Password: auth.NewSecret("my-password"), Mandator: "my-bank"}),
		sandbox.WithLifetimes(sandbox.FinAPI, sandbox.Lifetimes{Access: 5 * time.Second, SessionIdle: 10 * time.Second}),
	)
	fmt.Println(vendors.Finventi("http://127.0.0.1:8080").Realm, vendors.FinAPI("http://127.0.0.1:8080").Username)
	// Output: my-tenant erika
}
