package sandbox_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

// outcome is what came of a request: an answer, possibly cut short by err.
type outcome struct {
	reply
	err  error
	took time.Duration
}

// askToken asks for a token in the name of an account, for at most five virtual minutes.
func (c caller) askToken(v sandbox.Vendor, account string, headers ...string) outcome {
	c.T.Helper()
	var req *http.Request
	headers = append([]string{"Content-Type", formType}, headers...)
	switch v {
	case sandbox.Finventi:
		req = c.request(http.MethodPost, finventiToken, form("grant_type", "client_credentials", "client_id", account, "client_secret", "any-word"), headers...)
	case sandbox.FinAPI:
		req = c.request(http.MethodPost, finapiToken, form("grant_type", "password", "client_id", "demobank-cli", "username", account, "password", "any-word"), headers...)
	case sandbox.OneFinOps:
		req = c.request(http.MethodPost, onefinopsToken, form("grant_type", "client_credentials", "client_id", account, "client_secret", "any-word"), headers...)
	case sandbox.FinCalc:
		headers[1] = "application/json"
		body, _ := json.Marshal(map[string]string{"grant_type": "client_credentials", "client_id": account, "client_secret": "any-word",
			"scope": "fact-find", "email_address": "who@example.com"})
		req = c.request(http.MethodPost, fincalcToken, string(body), headers...)
	}
	return c.attempt(req)
}

func (c caller) attempt(req *http.Request) (o outcome) {
	ctx, cancel := context.WithTimeout(req.Context(), 5*time.Minute)
	defer cancel()
	from := time.Now()
	defer func() { o.took = time.Since(from) }()
	resp, err := c.Transport().RoundTrip(req.WithContext(ctx))
	if err != nil {
		return outcome{err: err}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	o = outcome{reply: reply{status: resp.StatusCode, header: resp.Header, body: string(data)}, err: err}
	_ = json.Unmarshal(data, &o.json)
	return o
}

// token is the members of a token answer, without FinCalc's envelope.
func (o outcome) token() reply {
	r := o.reply
	if data, ok := r.json["data"].(map[string]any); ok {
		r.json = data
	}
	return r
}

type expectation func(t *testing.T, c caller, v sandbox.Vendor, o outcome)

func answers(status int, part string) expectation {
	return func(t *testing.T, _ caller, _ sandbox.Vendor, o outcome) {
		t.Helper()
		if o.err != nil || o.status != status || !strings.Contains(o.body, part) {
			t.Errorf("%d %.200s %v, want %d with %s", o.status, o.body, o.err, status, part)
		}
	}
}

func retries(status int, after string) expectation {
	return func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		t.Helper()
		answers(status, "")(t, c, v, o)
		if got := o.header.Get("Retry-After"); got != after {
			t.Errorf("Retry-After %q, want %q", got, after)
		}
	}
}

// hasMember expects a token answer in which a member has a value, or is missing if that is nil.
func hasMember(name string, value any) expectation {
	return func(t *testing.T, _ caller, _ sandbox.Vendor, o outcome) {
		t.Helper()
		got, ok := o.token().json[name]
		if o.status != http.StatusOK || got != value || ok != (value != nil) {
			t.Errorf("%d %.300s: %s is %v, want %v", o.status, o.body, name, got, value)
		}
	}
}

func good(t *testing.T, c caller, v sandbox.Vendor, o outcome) string {
	t.Helper()
	token, _ := o.token().json["access_token"].(string)
	if o.err != nil || o.status != http.StatusOK || token == "" {
		t.Fatalf("no token: %d %.200s %v", o.status, o.body, o.err)
	}
	return token
}

// apiAnswers expects a good token with which the API answers so.
func apiAnswers(status int) expectation {
	return func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		t.Helper()
		if r := c.call(v, good(t, c, v, o)); r.status != status {
			t.Errorf("API: %d %s, want %d", r.status, r.body, status)
		}
	}
}

// refreshAnswers expects a good login, and that refreshing does not go so well.
func refreshAnswers(status int, part string) expectation {
	return func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		t.Helper()
		good(t, c, v, o)
		if r := c.refresh(o.text("refresh_token")); r.status != status || !strings.Contains(r.body, part) {
			t.Errorf("refresh: %d %s, want %d with %s", r.status, r.body, status, part)
		}
	}
}

func breaks(t *testing.T, _ caller, _ sandbox.Vendor, o outcome) {
	t.Helper()
	if o.err == nil {
		t.Errorf("%d %.200s, want an error of the connection", o.status, o.body)
	}
}

// What each named fault comes to. A scenario without a row fails the test.
var expectations = map[string]expectation{
	"wrong-secret": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		want := "unauthorized_client"
		if v == sandbox.FinCalc {
			want = "invalid_client"
		}
		answers(401, want)(t, c, v, o)
	},
	"unknown-client":     answers(401, "invalid_client"),
	"wrong-password":     answers(400, "Invalid user credentials"),
	"wrong-password-401": answers(401, "Invalid user credentials"),
	"disabled":           answers(400, "Account disabled"),
	"setup":              answers(400, "Account is not fully set up"),
	"ip":                 answers(403, "IP address not allowed"),
	"wrong-email":        answers(400, "The email address"),
	"refused": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		answers(403, "")(t, c, v, o)
		if o.body != "" {
			t.Errorf("body %q", o.body)
		}
	},
	"unknown-4xx":  answers(422, "failed"),
	"session-lost": refreshAnswers(400, "Session not active"),
	"refresh-401":  refreshAnswers(401, "invalid_request"),
	"refresh-503":  refreshAnswers(503, ""),

	"429":      retries(429, "2"),
	"429-date": retriesAtDate(429),
	"429-bare": retries(429, ""),
	"429-long": retries(429, "315360000"),
	"500": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		want := "unknown_error"
		if v == sandbox.FinCalc {
			want = "Internal Server Error"
		}
		answers(500, want)(t, c, v, o)
	},
	"502":      answers(502, "<h1>502 Bad Gateway</h1>"),
	"503":      retries(503, "1"),
	"503-date": retriesAtDate(503),
	"503-html": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		answers(503, "<html>")(t, c, v, o)
		retries(503, "")(t, c, v, o)
	},
	"504": answers(504, ""),
	"flaky": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		account := accountOf("flaky", v)
		answers(503, "")(t, c, v, o)
		good(t, c, v, c.askToken(v, account))
		answers(503, "")(t, c, v, c.askToken(v, account))
		good(t, c, v, c.askToken(v, account))
	},
	"redirect": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		answers(307, "")(t, c, v, o)
		if o.header.Get("Location") == "" {
			t.Error("no Location")
		}
	},

	"slow": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		good(t, c, v, o)
		if o.took != 3*time.Second {
			t.Errorf("after %v", o.took)
		}
	},
	"hang": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		breaks(t, c, v, o)
		if o.took != 5*time.Minute {
			t.Errorf("after %v", o.took)
		}
	},
	"reset": breaks,
	"cut": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		breaks(t, c, v, o)
		if o.status != 200 || o.body == "" {
			t.Errorf("%d %q", o.status, o.body)
		}
	},
	"trickle": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		if o.took < time.Minute || o.status != 200 {
			t.Errorf("after %v: %d", o.took, o.status)
		}
	},
	"endless": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		if o.status != 200 || len(o.body) != 4<<20 {
			t.Errorf("%d with %d bytes", o.status, len(o.body))
		}
	},

	"html": answers(200, "<html>"),
	"plain": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		good(t, c, v, o)
		if got := o.header.Get("Content-Type"); got != "text/plain" {
			t.Error(got)
		}
	},
	"bom": answers(200, "\ufeff{"),
	"malformed": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		if o.err != nil || o.status != 200 || o.json != nil || !strings.HasPrefix(o.body, "{") {
			t.Errorf("%d %s %v", o.status, o.body, o.err)
		}
	},
	"no-body": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		if o.status != 200 || o.body != "" {
			t.Errorf("%d %s", o.status, o.body)
		}
	},
	"empty":  answers(200, "{}"),
	"null":   answers(200, "null"),
	"list":   answers(200, "[]"),
	"nested": answers(200, `{"a":{"a":`),
	"huge": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		good(t, c, v, o)
		if len(o.body) <= 1<<20 {
			t.Error(len(o.body))
		}
	},
	"error-200": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		want := "invalid_client"
		if v == sandbox.FinCalc {
			want = `"success":false`
		}
		answers(200, want)(t, c, v, o)
	},
	"echo-secret": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		if o.status < 400 || !strings.Contains(o.body, "any-word") {
			t.Errorf("%d %s", o.status, o.body)
		}
	},

	"no-token":      hasMember("access_token", nil),
	"number-token":  hasMember("access_token", 12345.0),
	"newline-token": hasMember("access_token", "abc\r\nX-Injected: yes"),
	"long-token":    hasMember("access_token", strings.Repeat("x", 100<<10)),
	"opaque": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		if token := good(t, c, v, o); strings.Contains(token, ".") {
			t.Error(token)
		}
		apiAnswers(200)(t, c, v, o)
		c.RevokeTokens(v)
		apiAnswers(401)(t, c, v, o)
	},
	"no-expiry": hasMember("expires_in", nil),
	"never-expires": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		hasMember("expires_in", nil)(t, c, v, o)
		if token := good(t, c, v, o); strings.Contains(token, ".") {
			t.Error(token)
		}
	},
	"text-expiry":   hasMember("expires_in", "900"),
	"zero-expiry":   hasMember("expires_in", 0.0),
	"absurd-expiry": hasMember("expires_in", 9e11),
	"odd-expiry": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		if _, ok := o.token().json["expires_in"].(map[string]any); !ok {
			t.Error(o.body)
		}
	},
	"expired": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		hasMember("expires_in", -60.0)(t, c, v, o)
		claims, err := auth.ParseClaims(good(t, c, v, o))
		if err != nil || !claims.ExpiresAt.Before(time.Now()) {
			t.Error(claims.ExpiresAt, err)
		}
		apiAnswers(401)(t, c, v, o)
	},
	"short-lived": func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		hasMember("expires_in", 5.0)(t, c, v, o)
		apiAnswers(200)(t, c, v, o)
		time.Sleep(6 * time.Second)
		apiAnswers(401)(t, c, v, o)
	},
	"revoked":             apiAnswers(401),
	"lower-case-type":     hasMember("token_type", "bearer"),
	"no-type":             hasMember("token_type", nil),
	"mac":                 hasMember("token_type", "MAC"),
	"no-scope":            hasMember("scope", nil),
	"no-refresh-token":    hasMember("refresh_token", nil),
	"zero-refresh-expiry": hasMember("refresh_expires_in", 0.0),

	"api-401": apiAnswers(401),
	"api-403": apiAnswers(403),
	"api-429": apiAnswers(429),
	"api-500": apiAnswers(500),
	"api-503": apiAnswers(503),
}

func retriesAtDate(status int) expectation {
	return func(t *testing.T, c caller, v sandbox.Vendor, o outcome) {
		retries(status, time.Now().Add(2*time.Second).UTC().Format(http.TimeFormat))(t, c, v, o)
	}
}

func accountOf(scenario string, v sandbox.Vendor) string {
	for _, sc := range sandbox.Scenarios() {
		if i := slices.Index(sc.Vendors, v); sc.Name == scenario && i >= 0 {
			return sc.Accounts[i]
		}
	}
	return ""
}

// inBubble runs a test against a sandbox whose clock, and all waiting, is virtual.
func inBubble(t *testing.T, test func(t *testing.T, c caller), opts ...sandbox.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t, caller{T: t, Instance: instance(t, append(opts, sandbox.WithoutNetwork())...)})
	})
}

func TestMagic_everyAccount(t *testing.T) {
	t.Parallel()
	for _, sc := range sandbox.Scenarios() {
		expect := expectations[sc.Name]
		if expect == nil {
			t.Errorf("%s: no expectation", sc.Name)
			continue
		}
		if sc.What == "" || len(sc.Accounts) != len(sc.Vendors) {
			t.Errorf("%s: %+v", sc.Name, sc)
		}
		for i, v := range sc.Vendors {
			t.Run(sc.Name+"/"+string(v), func(t *testing.T) {
				inBubble(t, func(t *testing.T, c caller) { expect(t, c, v, c.askToken(v, sc.Accounts[i])) })
			})
		}
	}
	for name := range expectations {
		if !slices.ContainsFunc(sandbox.Scenarios(), func(sc sandbox.Scenario) bool { return sc.Name == name }) {
			t.Errorf("%s: an expectation without a scenario", name)
		}
	}
}

func TestWithoutMagic_refusesMagicNames(t *testing.T) {
	inBubble(t, func(t *testing.T, c caller) {
		for _, v := range sandbox.Vendors() {
			if o := c.askToken(v, accountOf("slow", v)); o.status != 400 && o.status != 401 || o.took != 0 {
				t.Errorf("%s: %d %s after %v", v, o.status, o.body, o.took)
			}
		}
	}, sandbox.WithoutMagic())
}

func TestMagic_refusesUnknownNames(t *testing.T) {
	inBubble(t, func(t *testing.T, c caller) {
		c.askToken(sandbox.Finventi, "fault-nonsense").want(t, 401, "invalid_client", badClient)
		c.askToken(sandbox.Finventi, "fault-setup").want(t, 401, "invalid_client", badClient)
		c.askToken(sandbox.FinAPI, "fault-nonsense").want(t, 400, "invalid_grant", "Invalid user credentials")
	})
}

var update = flag.Bool("update", false, "write the table of docs/sandbox.md")

// TestScenarios_areDocumented holds the table at the end of docs/sandbox.md to the code.
func TestScenarios_areDocumented(t *testing.T) {
	const file, head = "../docs/sandbox.md", "| Name | What happens | At |\n|---|---|---|\n"
	var table strings.Builder
	table.WriteString(head)
	for _, sc := range sandbox.Scenarios() {
		at := "all four"
		if len(sc.Vendors) < len(sandbox.Vendors()) {
			var names []string
			for _, v := range sc.Vendors {
				names = append(names, string(v))
			}
			at = strings.Join(names, ", ")
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", sc.Name, sc.What, at)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, got, _ := strings.Cut(string(data), head)
	if *update {
		if err := os.WriteFile(file, []byte(before+table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if head+got != table.String() {
		t.Errorf("%s is behind: go test ./sandbox -run TestDocument -update writes it", file)
	}
}
