package sdk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A call is one token request that went through a tap, and what Keycloak answered.
type call struct {
	At, Done     time.Time
	Grant        string
	ClientSecret string
	RefreshToken string

	Status       int // 0: no answer came
	Code         string
	Description  string
	ExpiresIn    float64
	NewRefresh   string
	SessionState string
}

// A tap is between a token source and Keycloak. It changes nothing, and records every token
// request.
type tap struct {
	URL string
	// answered is called, when set, before an answer is passed on.
	answered func(call)

	server *httptest.Server
	mu     sync.Mutex
	calls  []call
}

type callKey struct{}

func newTap(t *testing.T, answered func(call)) *tap {
	t.Helper()
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{answered: answered}
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      transport,
		ErrorLog:       log.New(io.Discard, "", 0),
		ModifyResponse: p.note,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, _ error) {
			p.add(*r.Context().Value(callKey{}).(*call))
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller has gone
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Errorf("%s: the body is no form: %v", r.URL.Path, err)
		}
		c := &call{At: time.Now(), Grant: form.Get("grant_type"), ClientSecret: form.Get("client_secret"), RefreshToken: form.Get("refresh_token")}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
	}))
	p.URL = p.server.URL
	t.Cleanup(func() {
		p.server.Close()
		transport.CloseIdleConnections()
		if t.Failed() {
			t.Logf("the token requests:%s", p.story())
		}
	})
	return p
}

func (p *tap) note(resp *http.Response) error {
	c := *resp.Request.Context().Value(callKey{}).(*call)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var answer struct {
		Error            string
		ErrorDescription string  `json:"error_description"`
		RefreshToken     string  `json:"refresh_token"`
		ExpiresIn        float64 `json:"expires_in"`
		SessionState     string  `json:"session_state"`
	}
	_ = json.Unmarshal(body, &answer) // an answer that is not JSON has no members
	c.Status, c.Code, c.Description = resp.StatusCode, answer.Error, answer.ErrorDescription
	c.ExpiresIn, c.NewRefresh, c.SessionState = answer.ExpiresIn, answer.RefreshToken, answer.SessionState
	p.add(c)
	if p.answered != nil {
		p.answered(c)
	}
	return nil
}

func (p *tap) add(c call) {
	c.Done = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, c)
}

// all returns the calls that match each of the tests, in the order in which they were answered.
func (p *tap) all(tests ...func(call) bool) []call {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []call
next:
	for _, c := range p.calls {
		for _, test := range tests {
			if !test(c) {
				continue next
			}
		}
		found = append(found, c)
	}
	return found
}

func (p *tap) count(tests ...func(call) bool) int { return len(p.all(tests...)) }

func grant(name string) func(call) bool { return func(c call) bool { return c.Grant == name } }

var (
	logins    = grant("password")
	refreshes = grant("refresh_token")
)

func granted(c call) bool { return c.Status == http.StatusOK }
func refused(c call) bool { return c.Status != http.StatusOK }

// story summarizes the calls, for a failing test.
func (p *tap) story() string {
	var b strings.Builder
	calls := p.all()
	for _, c := range calls {
		b.WriteString("\n\t" + c.At.Sub(calls[0].At).Round(time.Millisecond).String() + " +" + c.Done.Sub(c.At).Round(time.Millisecond).String() + " " + c.Grant + " " + http.StatusText(c.Status))
		if c.Code != "" {
			b.WriteString(" " + c.Code + ": " + c.Description)
		}
	}
	return b.String()
}
