package spec_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/finsdk/finsdk-go/interop/spec"
	"github.com/finsdk/finsdk-go/sandbox"
)

var loadDocuments = sync.OnceValues(func() ([]*spec.Document, error) { return spec.ForSandbox("../../specs") })

func documents(t *testing.T) []*spec.Document {
	t.Helper()
	d, err := loadDocuments()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// vendors are a sandbox behind a checker. When the test ends, the documents must have every answer.
type vendors struct {
	*testing.T
	*sandbox.Server
	url string
	// transport is of this server alone: where another closes, it closes http.DefaultTransport's
	// idle connections.
	transport http.RoundTripper
	// tolerant allows answers that are wrong on purpose.
	tolerant bool

	mu        sync.Mutex
	exchanges []spec.Exchange
}

func start(t *testing.T, opts ...sandbox.Option) *vendors {
	t.Helper()
	v := &vendors{T: t, Server: sandbox.New(opts...)}
	if err := v.Server.Err(); err != nil {
		t.Fatal(err)
	}
	check := &spec.Checker{Documents: documents(t), Report: func(x spec.Exchange) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.exchanges = append(v.exchanges, x)
	}}
	server := httptest.NewServer(byRealm(check.Handler(v.Server)))
	v.url, v.transport = server.URL, server.Client().Transport
	t.Cleanup(func() {
		server.Close()
		v.judge()
	})
	return v
}

// judge checks the answers. The test itself decides about the requests.
func (v *vendors) judge() {
	v.mu.Lock()
	defer v.mu.Unlock()
	counts := map[string]int{}
	for _, x := range v.exchanges {
		counts[fmt.Sprintf("%s %s %d", x.Vendor, x.Operation, x.Status)]++
		if problem := problem(x); problem != "" && !v.tolerant {
			v.Errorf("%s: %v", problem, x)
		}
	}
	if v.tolerant {
		return
	}
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		v.Logf("%4d %s", counts[kind], kind)
	}
}

func problem(x spec.Exchange) string {
	if p := x.Problem(); p != "" {
		return p
	}
	return uncached(x)
}

// problems counts the answers that the documents do not have.
func (v *vendors) problems() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := 0
	for _, x := range v.exchanges {
		if problem(x) != "" {
			n++
		}
	}
	return n
}

// uncached says what is missing of the headers that a Keycloak's token endpoint sends along with
// every answer of its own; errors of the layers around it do not have them.
func uncached(x spec.Exchange) string {
	if x.Operation != "IssueToken" || x.Vendor == string(sandbox.FinCalc) {
		return ""
	}
	if !slices.Contains([]int{http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized}, x.Status) {
		return ""
	}
	if x.Header.Get("Cache-Control") != "no-store" || x.Header.Get("Pragma") != "no-cache" {
		return "an answer of a token endpoint that may be cached"
	}
	return ""
}

// valid fails the test unless the documents describe all requests so far.
func (v *vendors) valid() {
	v.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, x := range v.exchanges {
		if x.RequestErr != nil || x.Operation == "" {
			v.Errorf("sent what the document does not have: %v", x)
		}
	}
}

// seen counts the exchanges of one operation with one status.
func (v *vendors) seen(vendor sandbox.Vendor, operation string, status int) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := 0
	for _, x := range v.exchanges {
		if x.Vendor == string(vendor) && x.Operation == operation && x.Status == status {
			n++
		}
	}
	return n
}

// send sends a request unchanged and returns the status and the body.
func (v *vendors) send(method, path string, header map[string]string, body string) (int, string) {
	v.Helper()
	constants, query := map[string]string{}, url.Values{}
	if vendor, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/"); strings.HasSuffix(path, "/token") {
		body, constants, query = v.constants(vendor, body)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(v.Context(), method, v.url+path, strings.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	req.Header.Set("Accept", "application/json") // FinCalc sends other visitors to its login page
	for name, value := range constants {
		req.Header.Set(name, value)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := v.transport.RoundTrip(req)
	if err != nil {
		v.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		v.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// constants adds to a token request the members that have one value by the vendor's document, and
// returns the header fields and the query that have.
func (v *vendors) constants(vendor, body string) (string, map[string]string, url.Values) {
	v.Helper()
	type schema struct {
		Enum       []any
		Properties map[string]struct{ Enum []any }
		OneOf      []struct {
			Properties map[string]struct{ Enum []any }
		}
	}
	var document struct {
		Operations []struct {
			Tags       []string
			Parameters []struct {
				Name, In string
				Schema   schema
			}
			RequestBody struct {
				Content map[string]struct{ Schema schema }
			}
		}
	}
	headers, query := map[string]string{}, url.Values{}
	text, err := os.ReadFile(filepath.Join("..", "..", "gen", vendor, "server", "document.json"))
	if err != nil {
		return body, headers, query // no vendor of ours
	}
	if err := json.Unmarshal(text, &document); err != nil {
		v.Fatal(err)
	}
	for _, op := range document.Operations {
		if !slices.Contains(op.Tags, "token") {
			continue
		}
		for _, p := range op.Parameters {
			switch {
			case len(p.Schema.Enum) != 1:
			case p.In == "header":
				headers[p.Name] = fmt.Sprint(p.Schema.Enum[0])
			case p.In == "query":
				query.Set(p.Name, fmt.Sprint(p.Schema.Enum[0]))
			}
		}
		for _, content := range op.RequestBody.Content {
			properties := maps.Clone(content.Schema.Properties)
			for _, variant := range content.Schema.OneOf {
				properties = variant.Properties
			}
			for _, name := range slices.Sorted(maps.Keys(properties)) {
				if values := properties[name].Enum; len(values) == 1 && name != "grant_type" && name != "client_id" {
					body = withMember(body, name, values[0])
				}
			}
		}
	}
	return body, headers, query
}

// withMember adds a member to a form or to a JSON object, unless it has it.
func withMember(body, name string, value any) string {
	if strings.HasPrefix(body, "{\"") {
		written, err := json.Marshal(value)
		if err != nil || strings.Contains(body, `"`+name+`":`) {
			return body
		}
		return fmt.Sprintf("{%q:%s,%s", name, written, body[1:])
	}
	if form, err := url.ParseQuery(body); err != nil || form.Has(name) || !form.Has("grant_type") {
		return body
	}
	return body + "&" + name + "=" + url.QueryEscape(fmt.Sprint(value))
}

func (v *vendors) form(path, body string) (int, string) {
	v.Helper()
	return v.send(http.MethodPost, path, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, body)
}

func (v *vendors) json(path, body string) (int, string) {
	v.Helper()
	return v.send(http.MethodPost, path, map[string]string{"Content-Type": "application/json"}, body)
}

// want compares a status.
func (v *vendors) want(status int) func(int, string) {
	v.Helper()
	return func(got int, body string) {
		v.Helper()
		if got != status {
			v.Errorf("status %d, want %d: %s", got, status, body)
		}
	}
}

// realms names the vendor of each realm of the table. All others are Finventi's.
var realms = map[string]sandbox.Vendor{
	"customer": sandbox.FinAPI, "brief": sandbox.FinAPI, "rotating": sandbox.FinAPI, "guarded": sandbox.FinAPI,
	"closed": sandbox.FinAPI, "https-only": sandbox.FinAPI, "onefinops": sandbox.OneFinOps,
}

// byRealm serves /realms/… like one Keycloak with the realms of all vendors, for the table.
func byRealm(next http.Handler) http.Handler {
	s := sandbox.New()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.Path, "/realms/")
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		base := s.Finventi("").AuthURL
		realm, _, _ := strings.Cut(rest, "/")
		switch realms[realm] {
		case sandbox.FinAPI:
			base = s.FinAPI("").AuthURL
		case sandbox.OneFinOps:
			base = s.OneFinOps("").AuthURL
		}
		moved := r.Clone(r.Context())
		moved.URL.Path = base + r.URL.Path
		if r.URL.RawPath != "" {
			moved.URL.RawPath = base + r.URL.RawPath
		}
		moved.RequestURI = fmt.Sprint(base, r.RequestURI)
		next.ServeHTTP(w, moved)
	})
}
