package prism_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
	"github.com/finsdk/finsdk-go/interop/calls"
	"github.com/finsdk/finsdk-go/interop/prism"
	"github.com/finsdk/finsdk-go/onefinops"
)

// start runs the Prism that PRISM names. `make prism` installs one and sets PRISM.
func start(t *testing.T, vendor string) (*prism.Server, *inspector) {
	t.Helper()
	command := os.Getenv("PRISM")
	if command == "" {
		t.Skip("PRISM names no prism: make prism installs one")
	}
	server, err := prism.Start(t.Context(), command, filepath.Join("..", "..", "specs", vendor+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server, &inspector{}
}

// inspector is a transport that looks for Prism's complaints about a request.
type inspector struct {
	mu         sync.Mutex
	requests   int
	violations []string
}

func (i *inspector) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.requests++
	found := resp.Header.Get("Sl-Violations")
	if found == "" && resp.StatusCode/100 != 2 {
		found = resp.Status
	}
	if found != "" {
		i.violations = append(i.violations, fmt.Sprintf("%s %s: %s", req.Method, req.URL, found))
	}
	return resp, nil
}

// judge makes calls, and fails the test if Prism finds a problem with one.
func (i *inspector) judge(t *testing.T, server *prism.Server, list []calls.Call, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	before := i.requests
	for _, c := range list {
		if _, err := c.Do(t.Context()); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	for _, violation := range i.violations {
		t.Error(violation)
	}
	if i.requests < before+len(list)-1 { // a token source's calls share one token
		t.Errorf("%d calls were %d requests", len(list), i.requests-before)
	}
	if t.Failed() {
		t.Log(server.Output())
		t.FailNow()
	}
	i.violations = nil
}

func TestFinventi(t *testing.T) {
	t.Parallel()
	server, inspect := start(t, "finventi")
	config := finventi.Config{ClientID: "sti-client", ClientSecret: auth.NewSecret(`s&=+% ü"'`), AuthURL: server.URL, APIURL: server.URL}
	for product, realm := range map[finventi.Product]string{finventi.RRC: "", finventi.VerificationOfPayee: "Tenant_1.eu-2", finventi.Payments: "t"} {
		config.Product, config.Realm = product, realm
		list, err := calls.Finventi(config, inspect)
		inspect.judge(t, server, list, err)
	}
	objects(t, server)
}

func TestFinAPI(t *testing.T) {
	t.Parallel()
	server, inspect := start(t, "finapi")
	config := finapi.Config{Username: "ümläut & co", Password: auth.NewSecret(`p&w=+% ü"'`), AuthURL: server.URL, APIURL: server.URL}
	for _, mandator := range []string{"customer", "Bank_1.eu-2"} {
		config.Mandator = mandator
		list, err := calls.FinAPI(config, inspect)
		inspect.judge(t, server, list, err)
	}
}

func TestOneFinOps(t *testing.T) {
	t.Parallel()
	server, inspect := start(t, "onefinops")
	for _, id := range []string{"ofin_test_abc", "ofin_live_abc"} {
		list, err := calls.OneFinOps(onefinops.Config{ClientID: id, ClientSecret: auth.NewSecret("s"), AuthURL: server.URL, APIURL: server.URL}, inspect)
		inspect.judge(t, server, list, err)
	}
}

func TestFinCalc(t *testing.T) {
	t.Parallel()
	server, inspect := start(t, "fincalc")
	config := fincalc.Config{ClientSecret: auth.NewSecret(`s"\ü`), Scope: "fact-find client-information", EmailAddress: "hello@example.com", AuthURL: server.URL, APIURL: server.URL}
	// Prism is JavaScript, where 2⁵³-1 is the largest exact integer. Prism refuses larger ones.
	for _, id := range []string{"12345", "0", "9007199254740991", "0012", "my-client", "12345x", "ü"} {
		config.ClientID = id
		list, err := calls.FinCalc(config, inspect)
		inspect.judge(t, server, list, err)
	}
}

// objects shows that Prism finds problems, so that its silence about the SDK means something.
func objects(t *testing.T, server *prism.Server) {
	t.Helper()
	token := docpath.Of(finventiserver.Document, "IssueToken", "sti-connector")
	verify := docpath.Of(finventiserver.Document, "VerifyPayee")
	for name, row := range map[string]struct{ path, mime, body, want string }{
		"no secret":      {token, "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=a", "client_secret"},
		"another grant":  {token, "application/x-www-form-urlencoded", "grant_type=password&client_id=a&client_secret=b", "grant_type"},
		"JSON":           {token, "application/json", `{"grant_type":"client_credentials"}`, "415"},
		"no realm":       {docpath.Of(finventiserver.Document, "IssueToken", ".x"), "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=a&client_secret=b", "realm"},
		"no such path":   {"/token", "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=a&client_secret=b", "404"},
		"no Bearer":      {verify, "application/json", `{"iban":"LT123456789012345678"}`, "security"},
		"no idempotency": {verify, "application/json", `{"iban":"LT123456789012345678"}`, "idempotency-key"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+row.path, strings.NewReader(row.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", row.mime)
		if name == "no idempotency" {
			req.Header.Set("Authorization", "Bearer x")
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		said := resp.Status + " " + resp.Header.Get("Sl-Violations") + string(body)
		if !strings.Contains(said, row.want) {
			t.Errorf("%s: %s, want %q", name, said, row.want)
		}
	}
}
