package tokenendpoint_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

// echoed is the secret of the tests below. It has signs, letters beyond ASCII, and both cases.
const echoed = `Zq7Vx9Kw&=+% ü"'/\<>2Lm4Np8R-tG5hJ6kD3sF`

// places are the parts of an answer in which a server may echo its request.
var places = map[string]func(w http.ResponseWriter, text string){
	"error_description": func(w http.ResponseWriter, text string) {
		writeJSON(w, map[string]any{"error": "invalid_client", "error_description": "no such secret: " + text})
	},
	"error": func(w http.ResponseWriter, text string) {
		writeJSON(w, map[string]any{"error": text})
	},
	"message": func(w http.ResponseWriter, text string) {
		writeJSON(w, map[string]any{"success": false, "message": map[string]any{"description": text + " is wrong", "input": text}})
	},
	"HTML title": func(w http.ResponseWriter, text string) {
		writeHTML(w, "<title>Rejected: "+html.EscapeString(text)+"</title><h1>403</h1>")
	},
	"HTML body": func(w http.ResponseWriter, text string) {
		writeHTML(w, "<title>Rejected</title><pre>"+html.EscapeString(text)+"</pre>"+text)
	},
	"plain text": func(w http.ResponseWriter, text string) {
		w.WriteHeader(400)
		_, _ = io.WriteString(w, "bad request: "+text)
	},
	"header": func(w http.ResponseWriter, text string) {
		for _, name := range []string{"Www-Authenticate", "Server", "X-Request-Id", "X-Debug", "Set-Cookie"} {
			w.Header().Set(name, "Digest realm="+strings.ReplaceAll(text, "\n", " "))
		}
		w.WriteHeader(401)
	},
	"redirect": func(w http.ResponseWriter, text string) {
		w.Header()["Location"] = []string{"https://elsewhere.test/?secret=" + text}
		w.WriteHeader(302)
		_, _ = io.WriteString(w, text)
	},
	"body cut short": func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Length", "10000")
		w.WriteHeader(400)
		_, _ = io.WriteString(w, "no such secret: "+text)
	},
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(400)
	_ = json.NewEncoder(w).Encode(v)
}

func writeHTML(w http.ResponseWriter, page string) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(403)
	_, _ = io.WriteString(w, page)
}

// shown returns everything that a caller, a log or a handler for x/oauth2 sees of a failure.
func shown(err error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %+v %#v\n", err, err, err)
	slog.New(slog.NewTextHandler(&b, nil)).Info("failed", "err", err)
	var e *auth.Error
	if errors.As(err, &e) {
		fmt.Fprintln(&b, e.Code, e.Description, e.URI, e.Hint, e.Header, e.Err)
	}
	var r *oauth2.RetrieveError
	if errors.As(err, &r) {
		body, _ := io.ReadAll(r.Response.Body)
		fmt.Fprintln(&b, r, string(r.Body), string(body), r.ErrorDescription, r.Response.Header)
	}
	return b.String()
}

// held reports whether text shows too little of the secret, in any spelling, to recognize it.
func held(text string, spellings map[string]string) bool {
	const window = 10
	for _, form := range spellings {
		for i := range len(form) - window {
			if part := form[i : i+window]; strings.Contains(text, part) && !strings.Contains("client_secret=&scope=a", part) {
				return false
			}
		}
	}
	return true
}

func TestEchoes(t *testing.T) {
	spellings := vendortest.Spellings(echoed)
	trials, holds := 0, 0
	for name, form := range spellings {
		for place, write := range places {
			trials++
			vendor := vendortest.New(t, func(w http.ResponseWriter, _ *http.Request) { write(w, form) })
			x := &tokenendpoint.Exchange{Vendor: "test", Op: "client_credentials grant", Secrets: []auth.Secret{auth.NewSecret(echoed)}}
			_, err := post(t.Context(), x, vendor.URL)
			if err == nil {
				t.Fatalf("%s in %s: no failure", name, place)
			}
			if held(shown(err), spellings) {
				holds++
			} else if !slices.Contains(vendortest.Unheld, name) {
				t.Errorf("%s in the %s shows: %v", name, place, err)
			}
		}
	}
	t.Logf("%d of %d held", holds, trials)
	if trials != 351 || holds < 335 {
		t.Errorf("%d of %d held, want 335 of 351", holds, trials)
	}
}

// An error shows the title of an HTML page, or the first line of another body that is not a JSON
// object.
func TestFailure_sentence(t *testing.T) {
	for name, c := range map[string]struct {
		contentType, body string
		cut               bool
		want              string
	}{
		"title":                  {"text/html", "<html><head><TITLE lang=en>502 Bad\n Gateway &ndash; a &amp; b</title></head><h1>no</h1>", false, "502 Bad Gateway – a & b"},
		"title with the secret":  {"text/html", "<title>no " + html.EscapeString(echoed) + "</title>", false, "no [redacted] [redacted]"},
		"no title":               {"text/html", "<html><h1>502 Bad Gateway</h1>", false, ""},
		"title that is cut off":  {"text/html", "<title>502 Bad Gat", true, ""},
		"text":                   {"text/plain", "\n upstream connect error\nconnection refused\n", false, "upstream connect error"},
		"text that is cut off":   {"text/plain", "upstream connect err", true, "upstream connect"},
		"a cut second line":      {"text/plain", "upstream connect error\nconn", true, "upstream connect error"},
		"broken JSON":            {"application/json", `{"error":"invalid_client","error_desc`, false, ""},
		"JSON that is no object": {"application/json", `["no"]`, false, ""},
		"long text":              {"text/plain", strings.Repeat("no such thing ", 500), false, strings.Repeat("no such thing ", 14) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			vendor := vendortest.New(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				if c.cut {
					w.Header().Set("Content-Length", "10000")
				}
				w.WriteHeader(503)
				_, _ = io.WriteString(w, c.body)
			})
			x := &tokenendpoint.Exchange{Vendor: "test", Op: "client_credentials grant", Secrets: []auth.Secret{auth.NewSecret(echoed)}}
			_, err := post(t.Context(), x, vendor.URL)
			var e *auth.Error
			if !errors.As(err, &e) || e.Description != c.want || len(e.Description) > 200 {
				t.Errorf("got %q, want %q: %v", e.Description, c.want, err)
			}
		})
	}
}
