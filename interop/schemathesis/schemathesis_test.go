// Package schemathesis drives the sandbox with schemathesis, which makes valid and invalid requests
// from the documents under specs, and looks for answers that the document does not have.
package schemathesis_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/interop/spec"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// site is one vendor's part of the sandbox at a URL of its own, since schemathesis knows one base
// URL a document.
type site struct {
	server *httptest.Server
	check  spec.Checker

	mu        sync.Mutex
	exchanges []spec.Exchange
}

// newSite serves /realms/… with the authorization server, and all other paths with the API.
func newSite(t *testing.T, s *sandbox.Server, authPath, apiPath string) *site {
	t.Helper()
	documents, err := spec.ForSandbox(filepath.Join("..", "..", "specs"))
	if err != nil {
		t.Fatal(err)
	}
	v := &site{}
	v.check = spec.Checker{Documents: documents, Report: func(x spec.Exchange) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.exchanges = append(v.exchanges, x)
	}}
	next := v.check.Handler(s)
	v.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		base := apiPath
		if apiPath == s.Finventi("").APIURL {
			base = s.FinventiProduct("", productAt(r.URL.Path)).APIURL
		}
		if strings.HasPrefix(r.URL.Path, "/realms/") {
			base = authPath
		}
		moved := r.Clone(r.Context())
		moved.URL.Path = base + r.URL.Path
		if r.URL.RawPath != "" {
			moved.URL.RawPath = base + r.URL.RawPath
		}
		moved.RequestURI = base + r.RequestURI
		next.ServeHTTP(w, moved)
	}))
	t.Cleanup(v.server.Close)
	return v
}

// productAt returns the product of Finventi whose API has a path.
func productAt(path string) finventi.Product {
	switch {
	case strings.HasPrefix(path, "/account-service/"), strings.HasPrefix(path, "/gateway/"), strings.HasPrefix(path, "/v1/transactions/"):
		return finventi.Payments
	case strings.HasPrefix(path, "/v1/"):
		return finventi.VerificationOfPayee
	}
	return finventi.RRC
}

// missing returns the kinds of answers that have not come up.
func (v *site) missing(reached []string) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(reached), func(kind string) bool {
		return slices.ContainsFunc(v.exchanges, func(x spec.Exchange) bool { return kindOf(x) == kind })
	})
}

// kindOf is an exchange's operation and status.
func kindOf(x spec.Exchange) string { return fmt.Sprintf("%s %d", x.Operation, x.Status) }

// judge is the Go validator's opinion of the same answers, and what there were.
func (v *site) judge(t *testing.T) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	counts := map[string]int{}
	for _, x := range v.exchanges {
		counts[kindOf(x)]++
		if problem := x.Problem(); problem != "" {
			t.Errorf("%s: %v", problem, x)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%5d %s", counts[kind], kind)
	}
}

// drive runs schemathesis on a document. SCHEMATHESIS names the command, which `make schemathesis`
// installs, and SCHEMATHESIS_EXAMPLES says how many requests are made up for an operation.
//
// Each kind of answer in reached, an operation and a status, must occur, so that the run's reach is
// known. Chance decides: an operation that did not get there has many more requests made up,
// together with those that issue tokens.
func drive(t *testing.T, vendor sandbox.Vendor, s *sandbox.Server, authPath, apiPath string, source tokenSource, reached ...string) {
	t.Helper()
	command := os.Getenv("SCHEMATHESIS")
	if command == "" {
		t.Skip("SCHEMATHESIS names no schemathesis: make schemathesis installs one")
	}
	examples := os.Getenv("SCHEMATHESIS_EXAMPLES")
	if examples == "" {
		examples = "25"
	}
	v := newSite(t, s, authPath, apiPath)
	// The SDK gets the token.
	direct := httptest.NewServer(s)
	defer direct.Close()
	tokens, err := source(direct.URL)
	if err != nil {
		t.Fatal(err)
	}
	token, err := tokens.Token()
	if err != nil {
		t.Fatal(err)
	}
	run := func(examples string, options ...string) {
		began := time.Now()
		cmd := exec.CommandContext(t.Context(), command, append([]string{"--config-file", absolute(t, "schemathesis.toml"), "--no-color", "run", //nolint:gosec // the test's own
			"--url", v.server.URL, "--header", "Accept: application/json", "--max-examples", examples, "--continue-on-failure", absolute(t, "..", "..", "specs", string(vendor)+".yaml")}, options...)...)
		cmd.Dir = t.TempDir() // where it keeps what it has found
		cmd.Env = append(os.Environ(), "TOKEN="+token.AccessToken)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		t.Logf("%s, %s requests an operation, in %v", vendor, examples, time.Since(began).Round(time.Second))
	}
	run(examples)
	if missing := v.missing(reached); len(missing) > 0 {
		t.Logf("once more for %s", strings.Join(missing, ", "))
		options := []string{"--include-tag", "token"}
		for _, kind := range missing {
			operation, _, _ := strings.Cut(kind, " ")
			options = append(options, "--include-operation-id", operation)
		}
		run("100", options...)
	}
	v.judge(t)
	for _, kind := range v.missing(reached) {
		t.Errorf("no answer was %s", kind)
	}
}

func absolute(t *testing.T, parts ...string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// tokenSource makes the SDK's token source for a sandbox at a URL.
type tokenSource func(url string) (oauth2.TokenSource, error)

// newSandbox returns a sandbox without limits and without a lock after wrong passwords: both have
// other tests, and would hide the other answers.
func newSandbox(vendor sandbox.Vendor) *sandbox.Server {
	return sandbox.New(
		sandbox.WithLimit(vendor, sandbox.TokenEndpoint, sandbox.Limit{}),
		sandbox.WithLimit(vendor, sandbox.APIEndpoint, sandbox.Limit{}),
		sandbox.WithBruteForce(0, 0),
	)
}

func TestFinventi(t *testing.T) {
	s := newSandbox(sandbox.Finventi)
	paths := s.Finventi("")
	drive(t, sandbox.Finventi, s, paths.AuthURL, paths.APIURL,
		func(url string) (oauth2.TokenSource, error) { return finventi.NewTokenSource(s.Finventi(url)) },
		"IssueToken 200", "IssueToken 400", "IssueToken 401", "IssueToken 404", "GetKeys 200", "RevokeToken 200", "EndSession 400",
		"IntrospectToken 200", "IntrospectToken 401", "ReportAccounts 200", "ReportAccounts 400", "ReportAccounts 401")
}

func TestFinAPI(t *testing.T) {
	s := newSandbox(sandbox.FinAPI)
	paths := s.FinAPI("")
	drive(t, sandbox.FinAPI, s, paths.AuthURL, paths.APIURL,
		func(url string) (oauth2.TokenSource, error) { return finapi.NewTokenSource(s.FinAPI(url)) },
		"IssueToken 200", "IssueToken 400", "IssueToken 401", "IssueToken 404", "GetKeys 200", "RevokeToken 200", "EndSession 204", "EndSession 400",
		"WhoAmI 200", "WhoAmI 401")
}

func TestOneFinOps(t *testing.T) {
	s := newSandbox(sandbox.OneFinOps)
	paths := s.OneFinOps("")
	drive(t, sandbox.OneFinOps, s, paths.AuthURL, paths.APIURL,
		func(url string) (oauth2.TokenSource, error) { return onefinops.NewTokenSource(s.OneFinOps(url)) },
		"IssueToken 200", "IssueToken 400", "IssueToken 401", "GetKeys 200", "RevokeToken 200", "EndSession 400",
		"IntrospectToken 200", "GenerateEInvoice 200", "GenerateEInvoice 422", "GenerateEInvoice 401")
}

func TestFinCalc(t *testing.T) {
	s := newSandbox(sandbox.FinCalc)
	paths := s.FinCalc("")
	drive(t, sandbox.FinCalc, s, paths.AuthURL, paths.APIURL,
		func(url string) (oauth2.TokenSource, error) { return fincalc.NewTokenSource(s.FinCalc(url)) },
		"IssueToken 200", "IssueToken 400", "IssueToken 401", "ListClients 200", "ListClients 422", "ListClients 401",
		"CreateCompanyTag 201", "CreateCompanyTag 422", "GetCompanyTag 404", "ListAssets 200", "CreateExpenditure 200")
}
