package spec_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
	"github.com/finsdk/finsdk-go/sandbox"
)

// The token endpoints of the sandbox, below its base URL, as the documents have them.
var (
	finventiToken  = "/finventi/auth" + docpath.Of(finventiserver.Document, "IssueToken", "sti-connector")
	finapiToken    = "/finapi/auth" + docpath.Of(finapiserver.Document, "IssueToken", "customer")
	onefinopsToken = "/onefinops/login" + docpath.Of(onefinopsserver.Document, "IssueToken")
	fincalcToken   = "/fincalc" + docpath.Of(fincalcserver.Document, "IssueToken")
)

// The token requests of the default accounts.
const (
	finventiForm  = "grant_type=client_credentials&client_id=sti-client&client_secret=s3cr3t-sti"
	finapiForm    = "grant_type=password&client_id=demobank-cli&username=anna&password=pw-anna"
	onefinopsForm = "grant_type=client_credentials&client_id=ofin_test_abc&client_secret=s3cr3t-ofin-test"
	fincalcJSON   = `{"grant_type":"client_credentials","client_id":12345,"client_secret":"bVc8ztJq3N92uUM4mRSoDkE6Wx5fnGhXlPaPyTg7","scope":"api_scope","email_address":"hello@example.com"}`
)

// scopeIsConstant reports whether FinCalc's document says which scope to ask for.
func scopeIsConstant(t *testing.T) bool {
	t.Helper()
	var document struct {
		Operations []struct {
			OperationID string
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						Properties map[string]struct{ Enum []any }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(fincalcserver.Document, &document); err != nil {
		t.Fatal(err)
	}
	for _, op := range document.Operations {
		if op.OperationID == "IssueToken" {
			return len(op.RequestBody.Content["application/json"].Schema.Properties["scope"].Enum) == 1
		}
	}
	t.Fatal("the document has no IssueToken")
	return false
}

// TestFinCalcToken sends the requests of league's table, and FinCalc's own.
func TestFinCalcToken(t *testing.T) {
	t.Parallel()
	v := start(t)
	for name, row := range map[string]struct {
		member string // of the documented request; it gets value, or is omitted if value is empty
		value  string
		status int
	}{
		"documented":         {status: 200},
		"client id as text":  {"client_id", `"12345"`, 200},
		"two scopes":         {"scope", `"fact-find client-information"`, 200},
		"unknown member":     {"colour", `"blue"`, 200},
		"wrong secret":       {"client_secret", `"wrong"`, 401},
		"unknown client":     {"client_id", `99`, 401},
		"unknown text id":    {"client_id", `"nobody"`, 401},
		"huge client id":     {"client_id", `123456789012345678901234567890`, 401},
		"no client id":       {"client_id", ``, 400},
		"client id null":     {"client_id", `null`, 400},
		"client id object":   {"client_id", `{}`, 400},
		"no secret":          {"client_secret", ``, 400},
		"secret as number":   {"client_secret", `1`, 400},
		"no scope":           {"scope", ``, 400},
		"bad scope":          {"scope", `"everything"`, 400},
		"one bad scope":      {"scope", `"fact-find everything"`, 400},
		"no e-mail address":  {"email_address", ``, 400},
		"another's address":  {"email_address", `"someone@example.com"`, 400},
		"no grant":           {"grant_type", ``, 400},
		"unknown grant":      {"grant_type", `"magic"`, 400},
		"password grant":     {"grant_type", `"password"`, 400},
		"grant in uppercase": {"grant_type", `"CLIENT_CREDENTIALS"`, 400},
	} {
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(fincalcJSON), &members); err != nil {
			t.Fatal(err)
		}
		if row.member != "" {
			members[row.member] = json.RawMessage(row.value)
		}
		if row.value == "" {
			delete(members, row.member)
		}
		body, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		if row.member == "scope" && scopeIsConstant(t) {
			continue
		}
		if status, answer := v.json(fincalcToken, string(body)); status != row.status {
			t.Errorf("%s: status %d, want %d: %s", name, status, row.status, answer)
		}
	}
	for _, body := range []string{"", "{", "null", "[]", `"text"`, `{"a":1}`, "\xff", fincalcJSON + "x", strings.Replace(fincalcJSON, "{", `{"scope":"a",`, 1)} {
		v.want(400)(v.json(fincalcToken, body))
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"12345"}}
	v.want(400)(v.form(fincalcToken, form.Encode()))
	v.want(400)(v.send(http.MethodPost, fincalcToken, nil, fincalcJSON))
	v.want(405)(v.send(http.MethodGet, fincalcToken, nil, ""))
	v.want(404)(v.send(http.MethodPost, "/fincalc/oauth/token", nil, fincalcJSON))
}

// TestLimits uses up a client's limits.
func TestLimits(t *testing.T) {
	t.Parallel()
	limit := sandbox.Limit{Requests: 1, Per: time.Hour}
	var opts []sandbox.Option
	for _, vendor := range sandbox.Vendors() {
		for _, endpoint := range []sandbox.Endpoint{sandbox.TokenEndpoint, sandbox.APIEndpoint, sandbox.KeysEndpoint,
			sandbox.RevocationEndpoint, sandbox.LogoutEndpoint, sandbox.IntrospectEndpoint} {
			if vendor == sandbox.FinCalc && endpoint != sandbox.TokenEndpoint && endpoint != sandbox.APIEndpoint {
				continue // it has no others
			}
			opts = append(opts, sandbox.WithLimit(vendor, endpoint, limit))
		}
	}
	v := start(t, opts...)
	for range 2 {
		v.form(finventiToken, finventiForm)
		v.form(finapiToken, finapiForm)
		v.form(onefinopsToken, onefinopsForm)
		v.json(fincalcToken, fincalcJSON)
		for _, token := range []string{finventiToken, finapiToken, onefinopsToken} {
			v.send(http.MethodGet, strings.TrimSuffix(token, "token")+"certs", nil, "")
			for _, endpoint := range []string{"revoke", "logout", "token/introspect"} {
				v.form(strings.TrimSuffix(token, "token")+endpoint, "client_id=sti-client&token=x&refresh_token=x")
			}
		}
	}
	for _, vendor := range sandbox.Vendors() {
		if n := v.seen(vendor, "IssueToken", http.StatusTooManyRequests); n != 1 {
			t.Errorf("%s: %d answers with 429, want 1", vendor, n)
		}
	}
}

// TestAddressRefused calls from an address that Finventi has not whitelisted.
func TestAddressRefused(t *testing.T) {
	t.Parallel()
	v := start(t, sandbox.WithAllowedIPs("192.0.2.1"))
	v.want(403)(v.form(finventiToken, finventiForm))
	base := strings.TrimSuffix(finventiToken, "token")
	v.want(403)(v.send(http.MethodGet, base+"certs", nil, ""))
	for _, endpoint := range []string{"revoke", "logout", "token/introspect"} {
		v.want(403)(v.form(base+endpoint, finventiForm))
	}
	v.want(403)(v.json(reportCall, "[]"))
}

// TestLifetimes moves the clock past every expiry.
func TestLifetimes(t *testing.T) {
	t.Parallel()
	v := start(t)
	login := func() (access, refresh string) {
		status, body := v.form(finapiToken, finapiForm)
		v.want(200)(status, body)
		var token struct {
			Access  string `json:"access_token"`
			Refresh string `json:"refresh_token"`
		}
		if err := json.Unmarshal([]byte(body), &token); err != nil {
			t.Fatal(err)
		}
		return token.Access, token.Refresh
	}
	refresh := func(token string) (int, string) {
		return v.form(finapiToken, "grant_type=refresh_token&client_id=demobank-cli&refresh_token="+token)
	}
	whoami := func(token string) (int, string) {
		return v.send(http.MethodGet, "/finapi/api/whoami", map[string]string{"Authorization": "Bearer " + token}, "")
	}
	access, first := login()
	v.want(200)(whoami(access))
	v.want(200)(refresh(first))
	v.Advance(16 * time.Minute)
	v.want(401)(whoami(access))
	v.want(200)(refresh(first))
	v.Advance(31 * time.Minute)
	v.want(400)(refresh(first))
	access, first = login()
	v.LogoutUser("customer", "anna")
	v.want(400)(refresh(first))
	v.want(401)(whoami(access))
	access, first = login()
	v.want(204)(v.form(strings.TrimSuffix(finapiToken, "token")+"logout", "client_id=demobank-cli&refresh_token="+first))
	v.want(401)(whoami(access))
	_, first = login()
	for range 21 { // the session's longest life is ten hours
		v.Advance(29 * time.Minute)
		status, body := refresh(first)
		if status != 200 {
			break
		}
		var token struct {
			Refresh string `json:"refresh_token"`
			Expires int64  `json:"expires_in"`
		}
		if err := json.Unmarshal([]byte(body), &token); err != nil {
			t.Fatal(err)
		}
		if token.Expires <= 0 {
			t.Errorf("a token that is over already: %s", body)
		}
		first = token.Refresh
	}
	v.want(400)(refresh(first))
}

// TestLarge sends very large requests.
func TestLarge(t *testing.T) {
	t.Parallel()
	v := start(t)
	for _, size := range []int{1 << 10, 1 << 20, 3 << 20} {
		long := strings.Repeat("a", size)
		for _, token := range []string{finventiToken, finapiToken, onefinopsToken} {
			v.form(token, finventiForm+"&scope="+long)
			v.form(token, "grant_type="+long)
		}
		v.json(fincalcToken, fmt.Sprintf(`{"grant_type":"client_credentials","client_id":%q}`, long))
	}
}
