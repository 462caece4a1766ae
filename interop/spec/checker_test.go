package spec_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
	"github.com/finsdk/finsdk-go/interop/spec"
)

const (
	goodForm  = "grant_type=client_credentials&client_id=a&client_secret=b"
	goodToken = `{"access_token":"t","expires_in":2700,"refresh_expires_in":0,"token_type":"Bearer","not-before-policy":0,"scope":"email"}`
)

// TestChecker shows that the checker finds what is wrong, so that its silence about the sandbox
// means something.
func TestChecker(t *testing.T) {
	for _, row := range []struct {
		name     string
		path     string // finventiToken where empty
		form     string // goodForm where empty
		status   int
		mime     string
		body     string
		request  string // part of RequestErr; empty if it must be nil
		answer   string // likewise
		unnamed  bool
		unlisted bool // no operation of the document
	}{
		{name: "good", status: 200, mime: "application/json", body: goodToken},
		{name: "good with a charset", status: 200, mime: "application/json;charset=UTF-8", body: goodToken},
		{name: "no expires_in", status: 200, mime: "application/json", body: `{"access_token":"t","refresh_expires_in":0,"token_type":"Bearer","not-before-policy":0,"scope":"email"}`, answer: "expires_in"},
		{name: "expires_in as text", status: 200, mime: "application/json", body: strings.Replace(goodToken, "2700", `"2700"`, 1), answer: "expires_in"},
		{name: "empty token", status: 200, mime: "application/json", body: strings.Replace(goodToken, `"t"`, `""`, 1), answer: "access_token"},
		{name: "null", status: 200, mime: "application/json", body: `null`, answer: "null"},
		{name: "not JSON", status: 200, mime: "application/json", body: `{`, answer: "decode"},
		{name: "HTML", status: 200, mime: "text/html", body: goodToken, answer: "Content-Type"},
		{name: "no type", status: 200, body: goodToken, answer: "Content-Type"},
		{name: "error without a code", status: 400, mime: "application/json", body: `{"message":"no"}`, answer: "error"},
		{name: "redirect", status: 302, unnamed: true, answer: "redirect"},
		{name: "redirect that the validator lets pass", status: 307, unnamed: true, answer: "redirect"},
		{name: "overload", status: 503, mime: "text/html", body: "<h1>Later</h1>"},
		{name: "unnamed", status: 418, mime: "application/json", body: `{"error":"teapot"}`, unnamed: true},
		{name: "unnamed and unlike the others", status: 418, mime: "application/json", body: `{}`, unnamed: true, answer: "error"},
		{name: "logout with a body", path: "/finventi/auth" + docpath.Of(finventiserver.Document, "EndSession", "sti-connector"), form: "client_id=a&refresh_token=b", status: 204, answer: ""},
		{name: "no grant", form: "client_id=a&client_secret=b", status: 400, mime: "application/json", body: `{"error":"invalid_request"}`, request: "grant_type"},
		{name: "another grant", form: "grant_type=password&client_id=a&client_secret=b", status: 400, mime: "application/json", body: `{"error":"x"}`, request: "grant_type"},
		{name: "empty secret", form: "grant_type=client_credentials&client_id=a&client_secret=", status: 401, mime: "application/json", body: `{"error":"x"}`, request: "client_secret"},
		{name: "scope", form: goodForm + "&scope=email", status: 200, mime: "application/json", body: goodToken, request: "scope"},
		{name: "query", path: finventiToken + "?client_secret=b", status: 200, mime: "application/json", body: goodToken, request: "client_secret"},
		{name: "bad realm", path: "/finventi/auth" + docpath.Of(finventiserver.Document, "IssueToken", ".hidden"), status: 404, mime: "application/json", body: `{"error":"x"}`, request: "realm"},
		{name: "call without a token", path: "/finventi/api" + docpath.Of(finventiserver.Document, "VerifyPayee"), status: 401, request: "Bearer"},
		{name: "unknown path", path: "/finventi/auth/realms/sti-connector/account", status: 404, mime: "text/plain", body: "no", unlisted: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.path == "" {
				row.path = finventiToken
			}
			if row.form == "" {
				row.form = goodForm
			}
			x := exchange(t, row.path, row.form, func(w http.ResponseWriter) {
				w.Header()["Content-Type"] = nil // no guessing
				if row.mime != "" {
					w.Header().Set("Content-Type", row.mime)
				}
				w.WriteHeader(row.status)
				_, _ = io.WriteString(w, row.body)
			})
			contains(t, "request", x.RequestErr, row.request)
			contains(t, "answer", x.AnswerErr, row.answer)
			if x.Unnamed != row.unnamed || (x.Operation == "") != row.unlisted || x.Status != row.status {
				t.Errorf("%+v", x)
			}
		})
	}
}

func contains(t *testing.T, what string, err error, part string) {
	t.Helper()
	if (err == nil) != (part == "") || (err != nil && !strings.Contains(err.Error(), part)) {
		t.Errorf("%s: %v, want %q", what, err, part)
	}
}

// ownDocument is the checker's own, so that what vendors change does not change what it has to
// find.
func ownDocument(t *testing.T) *spec.Document {
	t.Helper()
	d, err := spec.Load("finventi", "testdata/finventi.yaml", map[string]string{
		"https://auth.sandbox.finventi.com":    "/finventi/auth",
		"https://auth.finventi.com":            "/finventi/auth",
		"https://api.vop-sandbox.finventi.com": "/finventi/api",
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// exchange sends one form to a server behind a checker and returns what the checker reports.
func exchange(t *testing.T, path, form string, serve func(http.ResponseWriter)) spec.Exchange {
	t.Helper()
	reported := make(chan spec.Exchange, 1)
	c := spec.Checker{Documents: []*spec.Document{ownDocument(t)}, Report: func(x spec.Exchange) { reported <- x }}
	server := httptest.NewServer(c.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { serve(w) })))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if resp, err := server.Client().Transport.RoundTrip(req); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	defer server.Close()
	select {
	case x := <-reported:
		return x
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was reported")
		return spec.Exchange{}
	}
}

// TestBroken checks nothing in an answer that was cut off on purpose.
func TestBroken(t *testing.T) {
	aborted := exchange(t, finventiToken, goodForm, func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"access_`)
		panic(http.ErrAbortHandler)
	})
	hijacked := exchange(t, finventiToken, goodForm, func(w http.ResponseWriter) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	})
	for _, x := range []spec.Exchange{aborted, hijacked} {
		if !x.Broken || x.AnswerErr != nil || x.RequestErr != nil || x.Operation != "IssueToken" {
			t.Errorf("%+v", x)
		}
	}
}

// TestLoad wants to know where every server of a document is.
func TestLoad(t *testing.T) {
	_, err := spec.Load("fincalc", "../../specs/fincalc.yaml", nil)
	contains(t, "Load", err, "the place of server")
	_, err = spec.Load("nobody", "../../specs/nobody.yaml", nil)
	contains(t, "Load", err, "nobody.yaml")
}
