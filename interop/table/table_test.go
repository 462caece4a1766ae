package table

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// jwt is a token with the given parts, in JSON.
func jwt(header, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(claims)) + "." + encode([]byte("a signature of someone's"))
}

func caseNamed(t *testing.T, name string) Case {
	t.Helper()
	for _, c := range Cases() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no case %q", name)
	return Case{}
}

func TestCaseNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		if c.Name == "" || strings.Trim(c.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("%q cannot name a file", c.Name)
		}
		if seen[c.Name] {
			t.Errorf("%q is there twice", c.Name)
		}
		seen[c.Name] = true
	}
	for _, name := range Flows {
		if !seen[name] {
			t.Errorf("flow %q is no case", name)
		}
	}
}

func TestSendFillsInEarlierAnswers(t *testing.T) {
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		sent = append(sent, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Content-Type")+" "+r.Header.Get("Authorization")+" "+string(body))
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"refresh_token":"r&`+string(rune('0'+len(sent)))+`","access_token":"a"}`)
	}))
	defer server.Close()
	c := Case{
		Name:    "x",
		Before:  []Request{login("customer", "anna", "pw"), refresh("customer", "${1.refresh_token}")},
		Request: withHeader(refresh("customer", "${2.refresh_token}"), authorization("Bearer ${1.access_token}")),
	}
	if _, err := (Target{BaseURL: server.URL + "/base/"}).Send(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	const endpoint = "POST /base/realms/customer/protocol/openid-connect/token application/x-www-form-urlencoded "
	want := []string{
		endpoint + " grant_type=password&client_id=demobank-cli&username=anna&password=pw",
		endpoint + " grant_type=refresh_token&client_id=demobank-cli&refresh_token=r%261",
		endpoint + "Bearer a grant_type=refresh_token&client_id=demobank-cli&refresh_token=r%262",
	}
	if !slices.Equal(sent, want) {
		t.Errorf("sent\n%q\nwant\n%q", sent, want)
	}
}

func TestSendCarriesEventsOut(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	c := Case{Name: "x", Event: "disable-client a b", Undo: "enable-client a b", Request: finventi()}
	if _, err := (Target{BaseURL: server.URL}).Send(t.Context(), c); !errors.Is(err, ErrNoEvents) {
		t.Errorf("without an administrator: %v, want ErrNoEvents", err)
	}
	var events []string
	target := Target{BaseURL: server.URL, Event: func(_ context.Context, event string) error {
		events = append(events, event)
		return nil
	}}
	if _, err := target.Send(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if want := []string{c.Event, c.Undo}; !slices.Equal(events, want) {
		t.Errorf("events %q, want %q", events, want)
	}
}

func TestAnswerHoldsNothingThatChanges(t *testing.T) {
	body := `{"access_token":"` + jwt(`{"alg":"RS256","typ":"JWT","kid":"k"}`, `{"iat":1,"exp":901,"sub":"a","aud":["x"],"realm_access":{"roles":[]}}`) +
		`","expires_in":900,"scope":"profile email","session_state":"9b121e5b-d595-2ced-36ff-9afbcc8b5e27","extra":null}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Request-Id", "1")
		io.WriteString(w, body)
	}))
	defer server.Close()
	c := caseNamed(t, "finapi-password")
	got, err := Target{BaseURL: server.URL}.Send(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	want := Answer{
		Request: c.String(), Status: 200,
		Header: map[string]string{"Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8"},
		Members: map[string]string{"access_token": "string", "expires_in": "number", "scope": "string",
			"session_state": "string", "extra": "null"},
		Values: map[string]any{"expires_in": 900.0, "scope": "email profile"},
		Tokens: map[string]*JWT{"access_token": {
			Header: map[string]string{"alg": "RS256", "typ": "JWT", "kid": "string"},
			Claims: map[string]string{"iat": "number", "exp": "number", "sub": "string", "aud": "array",
				"realm_access": "object", "realm_access.roles": "array"},
		}},
	}
	if d := Differences(want, got); len(d) > 0 {
		t.Error(strings.Join(d, "\n"))
	}

	again, err := ReadWire(c, got.Wire)
	if err != nil {
		t.Fatal(err)
	}
	if d := Differences(got, again); len(d) > 0 {
		t.Errorf("the recording says something else:\n%s", strings.Join(d, "\n"))
	}
	for _, secret := range []string{"9b121e5b", base64.RawURLEncoding.EncodeToString([]byte("a signature"))[:12]} {
		if strings.Contains(string(got.Wire), secret) {
			t.Errorf("the recording holds %q:\n%s", secret, got.Wire)
		}
	}
	_, claims, ok := parts(string(got.Wire[strings.Index(string(got.Wire), "eyJ"):strings.Index(string(got.Wire), `","expires_in`)]))
	if !ok || claims["iat"] != float64(issued) || claims["exp"] != float64(issued+900) {
		t.Errorf("the recorded token's claims are %v", claims)
	}
}

func TestDifferences(t *testing.T) {
	base := func() Answer {
		return Answer{
			Status: 200, Header: map[string]string{"Pragma": "no-cache"}, Members: map[string]string{"a": "string"},
			Values: map[string]any{"expires_in": 900.0, "refresh_expires_in": 0.0},
			Tokens: map[string]*JWT{"access_token": {Header: map[string]string{"alg": "RS256"}, Claims: map[string]string{"exp": "number"}}},
		}
	}
	for name, test := range map[string]struct {
		change func(*Answer)
		want   string
	}{
		"same":                    {func(*Answer) {}, ""},
		"a second less":           {func(a *Answer) { a.Values["expires_in"] = 899.0 }, ""},
		"a minute less":           {func(a *Answer) { a.Values["expires_in"] = 840.0 }, "value of expires_in: want 900, got 840"},
		"a second where was none": {func(a *Answer) { a.Values["refresh_expires_in"] = 1.0 }, "value of refresh_expires_in: want 0, got 1"},
		"status":                  {func(a *Answer) { a.Status = 400 }, "status: want 200, got 400"},
		"header missing":          {func(a *Answer) { a.Header = nil }, "header Pragma: want no-cache, got none"},
		"member added":            {func(a *Answer) { a.Members["b"] = "null" }, "member b: want none, got null"},
		"no JWT":                  {func(a *Answer) { a.Tokens["access_token"] = nil }, "access_token is a JWT: want true, got false"},
		"claim of another type":   {func(a *Answer) { a.Tokens["access_token"].Claims["exp"] = "string" }, "access_token claim exp: want number, got string"},
		"description":             {func(a *Answer) { a.Description = "no" }, "error_description: want , got no"},
	} {
		t.Run(name, func(t *testing.T) {
			got := base()
			test.change(&got)
			if d := strings.Join(Differences(base(), got), "; "); d != test.want {
				t.Errorf("got %q, want %q", d, test.want)
			}
		})
	}
}

// A page with a raw NUL in it is binary to grep and to git.
func TestMarkdown_hasNoControlCharacters(t *testing.T) {
	c := Cases()[0]
	answers := []map[string]Answer{{c.Name: {Case: c.Name, Status: 400, Error: "invalid_scope", Description: "a\x00b\x1bc\x7fd\u0085e"}}}
	got := Markdown([]Case{c}, []string{"26.5"}, answers)
	if !strings.Contains(got, `a\x00b\x1bc\x7fd\u0085e`) {
		t.Errorf("%q", got)
	}
	if i := strings.IndexFunc(strings.ReplaceAll(got, "\n", ""), unicode.IsControl); i >= 0 {
		t.Errorf("a control character in %q", got)
	}
}
