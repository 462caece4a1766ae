//go:build linux

package fleet

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// vendor is a token endpoint of any kind that counts. Its refresh tokens rotate, and each is good
// for one refresh.
type vendor struct {
	URL string

	mu       sync.Mutex
	secret   string        // the secret that is accepted
	delay    time.Duration // before each answer
	lifetime time.Duration // of access tokens
	limited  time.Duration // answers 429 with this Retry-After
	hook     func(request) // called for each request, without the lock

	requests []request
	issued   int
	refresh  map[string]bool // which refresh tokens are good; false: used
	reused   []string
}

// request is one that the vendor got.
type request struct {
	At, Answered time.Time
	Grant        string
	Secret       string
	Token        string // the access token that was issued
}

func newVendor(t *testing.T) *vendor {
	v := &vendor{secret: "right", lifetime: time.Hour, refresh: map[string]bool{}}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	v.URL = server.URL
	return v
}

// set changes the vendor.
func (v *vendor) set(f func(v *vendor)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f(v)
}

// seen returns the requests so far.
func (v *vendor) seen() []request {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]request(nil), v.requests...)
}

// ServeHTTP implements http.Handler.
func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	form := map[string]any{}
	if strings.Contains(r.Header.Get("Content-Type"), "json") {
		_ = json.NewDecoder(r.Body).Decode(&form)
	} else if r.ParseForm() == nil {
		for name := range r.PostForm {
			form[name] = r.PostForm.Get(name)
		}
	}
	text := func(name string) string { s, _ := form[name].(string); return s }
	req := request{At: at, Grant: text("grant_type"), Secret: text("client_secret") + text("password")}
	if _, secret, ok := r.BasicAuth(); ok {
		req.Secret += secret
	}

	v.mu.Lock()
	delay, limited, hook := v.delay, v.limited, v.hook
	answer, status := map[string]any{}, http.StatusOK
	switch {
	case limited > 0:
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", fmt.Sprint(int(limited.Seconds())))
		answer["error"] = "slow_down"
	case req.Grant == "refresh_token" && !v.refresh[text("refresh_token")]:
		status = http.StatusBadRequest
		answer["error"] = "invalid_grant"
		v.reused = append(v.reused, text("refresh_token"))
	case req.Grant != "refresh_token" && req.Secret != v.secret:
		status = http.StatusUnauthorized
		answer["error"], answer["error_description"] = "invalid_grant", "Invalid user credentials"
		if req.Grant == "client_credentials" {
			answer["error"] = "invalid_client"
		}
	default:
		v.issued++
		req.Token = fmt.Sprintf("access-%d", v.issued)
		answer["access_token"], answer["token_type"], answer["expires_in"] = req.Token, "Bearer", int(v.lifetime.Seconds())
		if req.Grant != "client_credentials" {
			delete(v.refresh, "")
			if used := text("refresh_token"); used != "" {
				v.refresh[used] = false
			}
			next := fmt.Sprintf("refresh-%d", v.issued)
			v.refresh[next] = true
			answer["refresh_token"], answer["refresh_expires_in"] = next, 1800
		}
	}
	v.mu.Unlock()

	if hook != nil {
		hook(req)
	}
	time.Sleep(delay)
	req.Answered = time.Now()
	v.mu.Lock()
	v.requests = append(v.requests, req)
	v.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}
