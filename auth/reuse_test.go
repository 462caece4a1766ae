package auth

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// These tests hold what the package documentation says of x/oauth2's own types.

func TestReuseTokenSource_keepsATokenThatWasInvalidated(t *testing.T) {
	s := newSource(t, &mint{lifetime: time.Hour})
	reuse := oauth2.ReuseTokenSource(nil, s)
	copied, err := reuse.Token()
	if err != nil {
		t.Fatal(err)
	}
	s.Invalidate(copied)
	wantToken(t, s, "t2")
	if tok, err := reuse.Token(); err != nil || tok.AccessToken != "t1" {
		t.Errorf("got %v, %v: the documentation says that the copy stays", tok.AccessToken, err)
	}
}

func TestOAuth2Client_sendsTheTokenToEveryHost(t *testing.T) {
	var sent []string
	base := &http.Client{Transport: roundTripperFunc(func(req *http.Request) (*http.Response, error) {
		sent = append(sent, req.URL.Host+" "+req.Header.Get("Authorization"))
		resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: req}
		if len(sent) == 1 {
			resp.StatusCode = http.StatusFound
			resp.Header.Set("Location", "https://elsewhere.test/")
		}
		return resp, nil
	})}
	s := newSource(t, &mint{lifetime: time.Hour}, WithAPIHosts("api.vendor.test"))
	client := oauth2.NewClient(context.WithValue(t.Context(), oauth2.HTTPClient, base), s)
	resp, err := client.Get("https://api.vendor.test/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := strings.Join(sent, ", "); got != "api.vendor.test Bearer t1, elsewhere.test Bearer t1" {
		t.Errorf("got %s", got)
	}
}

func TestOAuth2Token_printsItself(t *testing.T) {
	tok, err := newSource(t, &mint{lifetime: time.Hour}).Token()
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v", tok); !strings.Contains(text, "AccessToken:t1") {
		t.Errorf("got %s", text)
	}
}

func TestSecret_comparesByEqual(t *testing.T) {
	a, b := NewSecret("one"), NewSecret("one")
	if reflect.DeepEqual(a, b) || !a.Equal(b) || a.Equal(NewSecret("two")) {
		t.Error("the documentation says otherwise")
	}
}
