package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/wire"
)

func TestHTTPClient_sendsARequestOnce(t *testing.T) {
	var sent *http.Request
	base := roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		sent = r
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("x"))}, nil
	})
	req := newRequest(t, http.MethodPost, "https://login.test/token", strings.NewReader("client_secret=s"))
	resp, err := hardened(&http.Client{Transport: base}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if sent.GetBody != nil || !sent.Close {
		t.Errorf("GetBody is there: %t; Close is %t", sent.GetBody != nil, sent.Close)
	}
	if req.GetBody == nil || req.Close {
		t.Error("the caller's request was changed")
	}
	if resp.Request.Close {
		t.Error("the answer has the request that was sent")
	}
	if err := sent.Context().Err(); err != nil {
		t.Errorf("the context ended before the body was closed: %v", err)
	}
	if err := resp.Body.Close(); err != nil || sent.Context().Err() == nil {
		t.Errorf("after Close: %v, context %v", err, sent.Context().Err())
	}
}

func TestHTTPClient_stopsAtTheThirdConnection(t *testing.T) {
	connect := func(addresses ...string) (asked int, err error) {
		base := roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			trace := httptrace.ContextClientTrace(r.Context())
			for _, address := range addresses {
				asked++
				trace.GetConn(address)
				if err := r.Context().Err(); err != nil {
					return nil, err
				}
			}
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		})
		resp, err := hardened(&http.Client{Transport: base}).Do(newRequest(t, http.MethodPost, "https://login.test/token", nil))
		if err == nil {
			resp.Body.Close()
		}
		return asked, err
	}
	const token, other = "login.test:443", "other.test:443"
	if asked, err := connect(token, token, token, token); asked != 3 || !errors.Is(err, wire.ErrNoAnswer) {
		t.Errorf("%d connections were asked for, %v", asked, err)
	}
	// What a RoundTripper needs for itself does not count.
	if _, err := connect(other, token, other, token); err != nil {
		t.Error(err)
	}
	_, err := connect(token, token, token)
	failure := NewTransportError("test", "client_credentials grant", err)
	if !failure.Is(ErrUnavailable) || errors.Is(failure, context.Canceled) || !passing(failure) {
		t.Errorf("got %v", failure)
	}
}

// A proxy would read what goes over plain http, which is for this machine only.
func TestHTTPClient_sendsNoPlainHTTPThroughAProxy(t *testing.T) {
	var proxied atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	for _, target := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "LOCALHOST", 1)} {
		for name, c := range map[string]struct {
			proxy   func(*http.Request) (*url.URL, error)
			refused bool
		}{
			"none":                         {nil, false},
			"for every host":               {http.ProxyURL(address), true},
			"not for this machine":         {func(*http.Request) (*url.URL, error) { return nil, nil }, false},
			"SOCKS":                        {http.ProxyURL(&url.URL{Scheme: "socks5", Host: address.Host}), true},
			"over TLS":                     {http.ProxyURL(&url.URL{Scheme: "https", Host: address.Host}), true},
			"as the environment has it":    {http.ProxyFromEnvironment, false},
			"with a password in its place": {http.ProxyURL(&url.URL{Scheme: "http", Host: address.Host, User: url.UserPassword("u", "hunter2")}), true},
		} {
			base := &http.Transport{Proxy: c.proxy}
			defer base.CloseIdleConnections()
			check := func(what string, err error) {
				t.Helper()
				if !c.refused && err != nil || c.refused && !errors.Is(err, ErrHostNotAllowed) {
					t.Errorf("%s, proxy %s, %s: %v", target, name, what, err)
				}
				if err != nil && (!strings.Contains(err.Error(), address.Host) || strings.Contains(err.Error(), "hunter2")) {
					t.Errorf("%s, proxy %s, %s: %v", target, name, what, err)
				}
			}
			s := newSource(t, grantFunc(func(c *http.Client) (string, error) {
				resp, err := c.PostForm(target, url.Values{"client_secret": {"s"}})
				if err != nil {
					return "", NewTransportError("test", "client_credentials grant", err)
				}
				return "abc", resp.Body.Close()
			}), WithHTTPClient(&http.Client{Transport: base}))
			_, err := s.Token()
			check("the secret", err)
			resp, err := newSource(t, &mint{lifetime: time.Hour}).Transport(base).RoundTrip(newRequest(t, http.MethodGet, target, nil))
			check("the token", err)
			if err == nil {
				_ = resp.Body.Close()
			}
		}
	}
	if n := proxied.Load(); n != 0 {
		t.Errorf("%d requests went through the proxy", n)
	}
}

// A wrapped Transport does not show its Proxy. What it sends is stopped on the proxy's connection.
func TestHTTPClient_sendsNoPlainHTTPThroughTheProxyOfAWrappedTransport(t *testing.T) {
	var read atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { read.Add(1) }))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	base := &http.Transport{Proxy: func(r *http.Request) (*url.URL, error) {
		if r.URL.Path == "/direct" {
			return nil, nil
		}
		return address, nil
	}}
	defer base.CloseIdleConnections()
	// The RoundTripper makes a request of its own first, which goes through the proxy and leaves an
	// idle connection to it.
	wrapped := roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		own, err := base.RoundTrip(newRequest(t, http.MethodGet, "http://other.test/", nil).WithContext(r.Context()))
		if err != nil {
			return nil, err
		}
		_, _ = io.Copy(io.Discard, own.Body)
		_ = own.Body.Close()
		return base.RoundTrip(r)
	})
	for _, target := range []string{server.URL, server.URL + "/direct"} {
		s := newSource(t, grantFunc(func(c *http.Client) (string, error) {
			resp, err := c.PostForm(target, url.Values{"client_secret": {"s"}})
			if err != nil {
				return "", NewTransportError("test", "client_credentials grant", err)
			}
			return "abc", resp.Body.Close()
		}), WithHTTPClient(&http.Client{Transport: wrapped}))
		_, err := s.Token()
		resp, err2 := newSource(t, &mint{lifetime: time.Hour}).Transport(wrapped).RoundTrip(newRequest(t, http.MethodGet, target, nil))
		if err2 == nil {
			_ = resp.Body.Close()
		}
		for what, err := range map[string]error{"secret": err, "token": err2} {
			switch direct := strings.HasSuffix(target, "/direct"); {
			case direct && err != nil, !direct && (!errors.Is(err, ErrHostNotAllowed) || !strings.Contains(err.Error(), address.Host)):
				t.Errorf("%s, the %s: %v", target, what, err)
			}
		}
	}
	if n := read.Load(); n != 4 { // the RoundTripper's own
		t.Errorf("the proxy got %d requests", n)
	}
}

// A proxy for https sees a host name and no more.
func TestHTTPClient_sendsHTTPSThroughAProxy(t *testing.T) {
	base := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.test"})}
	if err := wire.CheckDirect(base, newRequest(t, http.MethodPost, "https://login.test/token", nil)); err != nil {
		t.Error(err)
	}
}

func TestHTTPClient_takesWhatTheContextHolds(t *testing.T) {
	used := false
	client := http.Client{Timeout: time.Minute, Transport: roundTripperFunc(func(*http.Request) (*http.Response, error) {
		used = true
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})}
	ask := func(held any) error {
		used = false
		c := HTTPClient(context.WithValue(t.Context(), oauth2.HTTPClient, held))
		resp, err := c.Post("https://login.test/token", "text/plain", strings.NewReader("x"))
		if err == nil {
			_ = resp.Body.Close()
		}
		if used && c.Timeout != time.Minute {
			t.Errorf("%T: timeout %s", held, c.Timeout)
		}
		return err
	}
	for _, held := range []any{&client, client} {
		if err := ask(held); err != nil || !used {
			t.Errorf("%T: %v, used %t", held, err, used)
		}
	}
	for _, held := range []any{client.Transport, "client", &struct{ http.Client }{client}} {
		failure := NewTransportError("test", "client_credentials grant", ask(held))
		if !failure.Is(ErrInvalidConfig) || used || !strings.Contains(failure.Error(), fmt.Sprintf("%T", held)) {
			t.Errorf("%T: %v", held, failure)
		}
	}
	if c := HTTPClient(context.WithValue(t.Context(), oauth2.HTTPClient, (*http.Client)(nil))); !sendsThrough(c, ownTransport) {
		t.Errorf("a nil pointer: %v", c.Transport)
	}
}
