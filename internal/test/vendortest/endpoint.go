package vendortest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Endpoint is a server on loopback that records every request and answers as the test says.
type Endpoint struct {
	URL string

	mu       sync.Mutex
	requests []Request
}

// Request is one request that arrived.
type Request struct {
	Method, Path, RawQuery string
	Header                 http.Header
	Body                   string
}

// New starts an Endpoint, which ends with the test.
func New(t testing.TB, answer http.HandlerFunc) *Endpoint {
	t.Helper()
	e := &Endpoint{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		e.requests = append(e.requests, Request{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Clone(), string(body)})
		e.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(srv.Close)
	e.URL = srv.URL
	return e
}

// Requests returns the requests so far.
func (e *Endpoint) Requests() []Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Request(nil), e.requests...)
}

// Only returns the only request so far, or fails.
func (e *Endpoint) Only(t testing.TB) Request {
	t.Helper()
	all := e.Requests()
	if len(all) != 1 {
		t.Fatalf("%d requests arrived, want 1", len(all))
	}
	return all[0]
}

// Answer answers every request alike, with JSON.
func Answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
