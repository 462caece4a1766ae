package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// spellings are headers that have the token in them, and what is the caller's in each.
func spellings(token string) map[string]struct{ header, left http.Header } {
	return map[string]struct{ header, left http.Header }{
		"as it is set":          {http.Header{"Authorization": {"Bearer " + token}}, nil},
		"header in lower case":  {http.Header{"authorization": {"Bearer " + token}}, nil},
		"header in upper case":  {http.Header{"AUTHORIZATION": {"Bearer " + token}}, nil},
		"scheme in lower case":  {http.Header{"Authorization": {"bearer " + token}}, nil},
		"another scheme":        {http.Header{"Authorization": {"Token " + token}}, nil},
		"no scheme":             {http.Header{"Authorization": {token}}, nil},
		"two spaces":            {http.Header{"Authorization": {"Bearer  " + token}}, nil},
		"a tab":                 {http.Header{"Authorization": {"Bearer\t" + token}}, nil},
		"spaces around":         {http.Header{"Authorization": {" Bearer " + token + " "}}, nil},
		"in a list":             {http.Header{"Authorization": {"Basic own, Bearer " + token}}, nil},
		"in quotes":             {http.Header{"Authorization": {`Bearer token="` + token + `"`}}, nil},
		"twice":                 {http.Header{"Authorization": {"Bearer " + token, "bearer " + token}}, nil},
		"in two headers":        {http.Header{"Authorization": {"Bearer " + token}, "authorization": {"bearer " + token}}, nil},
		"beside a second value": {http.Header{"Authorization": {"Bearer " + token, "Basic own"}}, http.Header{"Authorization": {"Basic own"}}},
		"behind a second value": {http.Header{"Authorization": {"Basic own", "bearer " + token}}, http.Header{"Authorization": {"Basic own"}}},
		"beside another header": {http.Header{"authorization": {"Bearer " + token}, "AUTHORIZATION": {"own"}}, http.Header{"AUTHORIZATION": {"own"}}},
		"beside an empty one":   {http.Header{"Authorization": nil, "authorization": {"Bearer " + token}}, http.Header{"Authorization": nil}},
	}
}

// The source's own token goes to no other host, however it got into the header and however it is
// spelled there.
func TestHeader_ownTokenInAnySpelling(t *testing.T) {
	for _, renewed := range []bool{false, true} {
		for name, c := range spellings("t1") {
			s := newSource(t, &mint{lifetime: time.Hour}, WithAPIHosts("api.test"))
			mustToken(t, s)
			if renewed {
				s.Invalidate(mustToken(t, s))
				mustToken(t, s)
			}
			current := mustToken(t, s).AccessToken
			carried := func(h http.Header) bool {
				return strings.Contains(fmt.Sprint(h), "t1") || strings.Contains(fmt.Sprint(h), current)
			}
			left := fmt.Sprint(c.left)
			with := func(url string) *http.Request {
				req := newRequest(t, http.MethodGet, url, nil)
				req.Header = c.header.Clone()
				return req
			}
			for editor, edit := range map[string]func(context.Context, *http.Request) error{"Authorize": s.Authorize, "BearerEditor": BearerEditor(s, "api.test")} {
				req := with("https://evil.test")
				if err := edit(t.Context(), req); errors.Is(err, ErrHostNotAllowed) == (c.left != nil) || fmt.Sprint(req.Header) != left {
					t.Errorf("%s, %s elsewhere: %v, %v", name, editor, err, req.Header)
				}
				req = with("https://api.test")
				want := fmt.Sprint(http.Header{"Authorization": {"Bearer " + current}})
				if c.left != nil {
					want = left
				}
				if err := edit(t.Context(), req); err != nil || fmt.Sprint(req.Header) != want {
					t.Errorf("%s, %s: %v, %v, want %s", name, editor, err, req.Header, want)
				}
			}

			var sent http.Header
			rt := s.Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
				sent = r.Header
				return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
			}))
			req := with("https://evil.test")
			if _, err := rt.RoundTrip(req); errors.Is(err, ErrHostNotAllowed) == (c.left != nil) || carried(sent) {
				t.Errorf("%s, Transport elsewhere: %v, %v", name, err, sent)
			}
			if fmt.Sprint(req.Header) != fmt.Sprint(c.header) {
				t.Errorf("%s: Transport changed the caller's request to %v", name, req.Header)
			}
			if _, err := rt.RoundTrip(with("https://api.test")); err != nil || len(sent) != 1 || (c.left == nil) != (sent.Get("Authorization") == "Bearer "+current) {
				t.Errorf("%s, Transport: %v, %v", name, err, sent)
			}

			first, next := newRequest(t, http.MethodGet, "https://api.test", nil), with("https://evil.test")
			if err := s.CheckRedirect(next, []*http.Request{first}); err != nil || fmt.Sprint(next.Header) != left {
				t.Errorf("%s, CheckRedirect: %v, %v", name, err, next.Header)
			}
			next = with("https://evil.test")
			next.Response = &http.Response{StatusCode: http.StatusFound, Request: first}
			if _, err := rt.RoundTrip(next); err != nil || fmt.Sprint(sent) != left {
				t.Errorf("%s, a redirect: %v, %v", name, err, sent)
			}
		}
	}
}

func TestHeader_callersOwn(t *testing.T) {
	s := newSource(t, &mint{lifetime: time.Hour}, WithAPIHosts("api.test"))
	mustToken(t, s)
	for _, own := range []http.Header{
		{"Authorization": {""}}, {"Authorization": {}}, {"authorization": {"Basic own"}}, {"Authorization": {"Bearer of another source"}},
		{"Authorization": {"Bearer t1x"}}, {"Authorization": {"Bearer xt1"}}, {"Authorization": {"Bearer T1"}},
	} {
		req := newRequest(t, http.MethodGet, "https://evil.test", nil)
		req.Header = own.Clone()
		if err := s.Authorize(t.Context(), req); err != nil || fmt.Sprint(req.Header) != fmt.Sprint(own) {
			t.Errorf("%v became %v, %v", own, req.Header, err)
		}
	}
}

// RFC 6750 forbids commas and quotes in a token, but a vendor need not know.
func TestHeader_tokenWithSeparators(t *testing.T) {
	const token = `t,1;"x=`
	s := newSource(t, grantFunc(func(*http.Client) (string, error) { return token, nil }))
	mustToken(t, s)
	s.current.Store(nil)
	for _, value := range []string{"Bearer " + token, "bearer  " + token, " Bearer " + token + " "} {
		if !s.isOurs(value) {
			t.Errorf("%q is not known", value)
		}
	}
}

func TestHistory_isBounded(t *testing.T) {
	var h history
	for i := range 3 * historySize {
		h.add(fmt.Sprint(i))
		h.add(fmt.Sprint(i))
	}
	if len(h.hashes) != historySize {
		t.Errorf("%d are remembered, want %d", len(h.hashes), historySize)
	}
	if !h.has(fmt.Sprint(3*historySize-1)) || !h.has(fmt.Sprint(2*historySize)) || h.has("0") {
		t.Error("the newest are to be known, the oldest forgotten")
	}
}

func TestHistory_replacedTokenIsKnown(t *testing.T) {
	s := newSource(t, &mint{lifetime: time.Hour})
	wantToken(t, s, "t1")
	s.Invalidate(mustToken(t, s))
	wantToken(t, s, "t2")
	if !s.isOurs("Bearer t1") || !s.isOurs("Bearer t2") || s.isOurs("Bearer t3") {
		t.Error("a source does not know its tokens")
	}
}
