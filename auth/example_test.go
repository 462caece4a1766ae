package auth_test

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// With an http.Client of your own, use three methods: Authorize sets the header, CheckRedirect
// removes it when a redirect leads elsewhere, and Invalidate replaces a token that the API refused.
func ExampleTokenSource_Invalidate() {
	var calls atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// After the first call the vendor revokes the first token, long before its 24 hours are over.
		if calls.Add(1) > 1 && r.Header.Get("Authorization") != "Bearer token-2" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer api.Close()
	asked := 0
	source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		asked++
		return &oauth2.Token{AccessToken: fmt.Sprint("token-", asked), ExpiresIn: 86400}, nil
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{CheckRedirect: source.CheckRedirect}
	call := func(ctx context.Context) error {
		token, err := source.TokenContext(ctx) // the one that the request will carry
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, api.URL, nil)
		if err != nil {
			return err
		}
		if err := source.Authorize(ctx, req); err != nil { // a generated client does this: WithRequestEditorFn(source.Authorize)
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusUnauthorized {
			source.Invalidate(token)
		}
		fmt.Println(resp.Status)
		return nil
	}
	for range 3 {
		if err := call(context.Background()); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// 200 OK
	// 401 Unauthorized
	// 200 OK
}

// A Grant of your own adds caching, renewal and the Bearer header to a vendor that this module does
// not know.
func ExampleNewTokenSource() {
	asked := 0
	grant := auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		asked++
		return &oauth2.Token{AccessToken: "secret", TokenType: "Bearer", ExpiresIn: 900}, nil
	})
	source, err := auth.NewTokenSource(grant, auth.WithName("example"), auth.WithAPIHosts("api.example.com"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		req, _ := http.NewRequest(http.MethodGet, "https://api.example.com/v1/things", nil)
		if err := source.Authorize(context.Background(), req); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(req.Header.Get("Authorization") != "", asked)
	}
	// Output:
	// true 1
	// true 1
	// true 1
}

// x/oauth2's own flows serve as Grants: they use the client that the context holds.
func ExampleGrantFunc() {
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"from-the-vendor","token_type":"Bearer","expires_in":900}`)
	}))
	defer vendor.Close()
	config := clientcredentials.Config{ClientID: "id", ClientSecret: "secret", TokenURL: vendor.URL}
	source, err := auth.NewTokenSource(auth.GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
		return config.Token(ctx)
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := source.Token()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.Type(), time.Until(token.Expiry) > 14*time.Minute)
	// Output: Bearer true
}

// The token goes to the vendor's API only.
func ExampleTokenSource_Authorize() {
	source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: "secret", ExpiresIn: 900}, nil
	}), auth.WithName("example"), auth.WithAPIHosts("api.example.com"))
	if err != nil {
		fmt.Println(err)
		return
	}
	req, _ := http.NewRequest(http.MethodGet, "https://api.example.com.evil.test/v1/things", nil)
	err = source.Authorize(context.Background(), req)
	fmt.Println(errors.Is(err, auth.ErrHostNotAllowed))
	text, _, _ := strings.Cut(err.Error(), " (see ") // a link to the page that explains it
	fmt.Println(text)
	// Output:
	// true
	// example: authorize the request: host not allowed: api.example.com.evil.test is not one of the API's hosts (api.example.com); call the API's own host; if this is one, set APIURL to it or add it with auth.WithAPIHosts
}

// A handler decides by kind what to do.
func ExampleError() {
	source, _ := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		return nil, &auth.Error{StatusCode: http.StatusTooManyRequests, RetryAfter: 30 * time.Second}
	}), auth.WithName("example"))
	_, err := source.Token()
	var failure *auth.Error
	switch {
	case errors.Is(err, auth.ErrInvalidCredentials), errors.Is(err, auth.ErrInvalidConfig):
		fmt.Println("tell an operator:", err)
	case errors.As(err, &failure) && failure.Temporary():
		fmt.Println("try again in", failure.RetryAfter)
	}
	// Output: try again in 30s
}

// A service gets its tokens before it takes calls, and its readiness probe asks no vendor.
func ExampleReadyHandler() {
	source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: "secret", ExpiresIn: 900}, nil
	}), auth.WithName("example"))
	if err != nil {
		fmt.Println(err)
		return
	}
	probe := httptest.NewServer(auth.ReadyHandler(source))
	defer probe.Close()
	for range 2 {
		resp, err := http.Get(probe.URL)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		if err := source.Warm(ctx); err != nil {
			fmt.Println(err)
		}
		cancel()
	}
	// Output:
	// 503 Service Unavailable
	// 200 OK
}

// The API asks for a moment's patience, and the call succeeds all the same.
func ExampleWithRetry() {
	asked := 0
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked == 1 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer api.Close()
	source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: "secret", ExpiresIn: 900}, nil
	}), auth.WithRetry(auth.Retry{Attempts: 2}))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := source.Client().Post(api.URL, "application/json", strings.NewReader(`{}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, asked)
	// Output: 200 OK 2
}

// Metrics count events by source and kind. Labels come from a fixed set, so they stay few.
func ExampleWithObserver() {
	events := new(expvar.Map)
	source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: "secret", ExpiresIn: 900}, nil
	}), auth.WithName("example"), auth.WithObserver(auth.ObserverFunc(func(_ context.Context, e auth.Event) {
		events.Add(e.Name+"."+string(e.Kind), 1)
		if e.Err != nil {
			events.Add(e.Name+"."+string(e.Kind)+".failed", 1)
		}
	})))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		if _, err := source.Token(); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(events)
	// Output: {"example.refresh": 1, "example.request": 1, "example.wait": 1}
}
