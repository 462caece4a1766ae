package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

func TestWithName(t *testing.T) {
	for _, tt := range []struct {
		opts                     []Option
		vendor, name, text, attr string
	}{
		{[]Option{WithSite(Site{Vendor: "v"})}, "v", "", "auth.TokenSource(v)", ""},
		{[]Option{WithSite(Site{Vendor: "v"}), WithName("anna")}, "v", "anna", "auth.TokenSource(v, anna)", "name=anna"},
		{[]Option{WithName("anna"), WithSite(Site{Vendor: "v"})}, "v", "anna", "auth.TokenSource(v, anna)", "name=anna"},
		{[]Option{WithName("anna")}, "anna", "anna", "auth.TokenSource(anna)", "name=anna"},
	} {
		var log bytes.Buffer
		r := &recorder{}
		s, err := NewTokenSource(GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) { panic("x") }),
			append(tt.opts, WithObserver(r), WithLogger(slog.New(slog.NewTextHandler(&log, nil))))...)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(s); text != tt.text || s.LogValue().String() != tt.text {
			t.Errorf("got %s, want %s", text, tt.text)
		}
		var failure *Error
		if _, err := s.Token(); !errors.As(err, &failure) || failure.Vendor != tt.vendor {
			t.Errorf("%s: got %v", tt.text, err)
		}
		for _, e := range r.events {
			if e.Vendor != tt.vendor || e.Name != tt.name {
				t.Errorf("%s: %s tells of %q, %q", tt.text, e.Kind, e.Vendor, e.Name)
			}
		}
		for line := range strings.Lines(log.String()) {
			if !strings.Contains(line, "vendor="+tt.vendor) || strings.Contains(line, "name=") != (tt.attr != "") || !strings.Contains(line, tt.attr) {
				t.Errorf("%s: logged %s", tt.text, line)
			}
		}
	}
}

// The key of a vendor's Config goes before the name, so that sources with two names share one
// token.
func TestWithName_storeKey(t *testing.T) {
	for _, tt := range []struct {
		opts []Option
		key  string
	}{
		{[]Option{WithName("anna")}, "anna"},
		{[]Option{WithName("anna"), WithSite(Site{StoreKey: "of the Config"})}, "of the Config"},
	} {
		shelf := newShelf()
		wantToken(t, newSource(t, &mint{lifetime: time.Hour}, append(tt.opts, WithStore(shelf))...), "t1")
		if _, ok := shelf.entries[tt.key]; !ok {
			t.Errorf("there is no record %q", tt.key)
		}
	}
	if _, err := NewTokenSource(&mint{}, WithStore(newShelf())); !errors.Is(err, ErrInvalidConfig) || !strings.Contains(err.Error(), "WithName") {
		t.Errorf("a store without a name: %v", err)
	}
}

// A Site is passed to many sources and must not change with one of them.
func TestWithSite_isNotChanged(t *testing.T) {
	var site Site
	site.StoredExtras = make([]string, 1, 8)
	for range 2 {
		s := newSource(t, &mint{lifetime: time.Hour}, WithSite(site), WithAPIHosts("api.test"), withRefused(t, "https://login.test", ""))
		if err := s.Authorize(t.Context(), newRequest(t, "GET", "https://api.test", nil)); err != nil {
			t.Error(err)
		}
	}
	other := newSource(t, &mint{lifetime: time.Hour}, WithSite(site))
	for _, u := range []string{"https://login.test", "https://else.test"} {
		if err := other.Authorize(t.Context(), newRequest(t, "GET", u, nil)); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
}

// The generated clients have an option of the same name, where the client of a source belongs.
func TestWithHTTPClient_refusesTheClientOfASource(t *testing.T) {
	source := newSource(t, &mint{lifetime: time.Hour}, WithHTTPClient(&http.Client{Transport: &http.Transport{}}))
	for name, c := range map[string]*http.Client{
		"Client":    source.Client(),
		"Transport": {Transport: source.Transport(nil)},
		"wrapped":   {Transport: newSource(t, &mint{}).Transport(source.Transport(nil))},
	} {
		_, err := NewTokenSource(&mint{}, WithHTTPClient(c))
		if !errors.Is(err, ErrInvalidConfig) || !strings.Contains(err.Error(), "WithHTTPClient of the generated API client") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	http.DefaultTransport = source.Transport(before)
	if _, err := NewTokenSource(&mint{}, WithHTTPClient(&http.Client{})); !errors.Is(err, ErrInvalidConfig) {
		t.Errorf("by way of http.DefaultTransport: got %v", err)
	}
}
