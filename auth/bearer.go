package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
)

// Authorize sets the Authorization header of req to a valid token, and so is a RequestEditorFn for every client
// that oapi-codegen generates. It waits like [TokenSource.TokenContext].
//
// A request that has an Authorization header already is left alone. One to a host that may not have the token
// (see [WithAPIHosts]) is refused with [ErrHostNotAllowed].
func (s *TokenSource) Authorize(ctx context.Context, req *http.Request) error {
	if hasAuthorization(req.Header) {
		return nil
	}
	if err := s.hosts.check(req.URL); err != nil {
		return newHostError(s.vendor, err)
	}
	e, err := s.validEntry(ctx)
	if err != nil {
		return err
	}
	if req.Header == nil {
		req.Header = make(http.Header)
	}
	req.Header["Authorization"] = []string{e.header}
	return nil
}

// BearerEditor makes a request editor of any oauth2.TokenSource. The token goes to the given hosts only, which
// are written as for [WithAPIHosts]; without any, to every host over https, and to loopback ones. A request that
// has an Authorization header is left alone.
//
// Errors: [ErrHostNotAllowed]; [ErrInvalidConfig] at the first request when a host cannot be read; and whatever
// src returns. A src that has a TokenContext method, as [TokenSource] does, is asked through it.
func BearerEditor(src oauth2.TokenSource, hosts ...string) func(ctx context.Context, req *http.Request) error {
	var (
		rules  hostRules
		broken failures
	)
	if src == nil {
		broken = append(broken, errors.New("BearerEditor: the token source is nil"))
	}
	for _, h := range hosts {
		if err := rules.allow(h); err != nil {
			broken = append(broken, err)
		}
	}
	return func(ctx context.Context, req *http.Request) error {
		if broken != nil {
			return &Error{Op: "authorize the request", Kind: ErrInvalidConfig, Err: broken}
		}
		if hasAuthorization(req.Header) {
			return nil
		}
		if err := rules.check(req.URL); err != nil {
			return newHostError("", err)
		}
		t, err := tokenFrom(ctx, src)
		if err != nil {
			return err
		}
		if err := CheckAccessToken(t.AccessToken); err != nil {
			return &Error{Op: "authorize the request", Kind: ErrMalformedResponse, Err: err}
		}
		if req.Header == nil {
			req.Header = make(http.Header)
		}
		req.Header["Authorization"] = []string{"Bearer " + t.AccessToken}
		return nil
	}
}

func tokenFrom(ctx context.Context, src oauth2.TokenSource) (*oauth2.Token, error) {
	var (
		t   *oauth2.Token
		err error
	)
	if c, ok := src.(interface {
		TokenContext(context.Context) (*oauth2.Token, error)
	}); ok {
		t, err = c.TokenContext(ctx)
	} else {
		t, err = src.Token()
	}
	if err == nil && t == nil {
		err = &Error{Op: "authorize the request", Kind: ErrMalformedResponse, Err: errors.New("the token source returned neither a token nor an error")}
	}
	return t, err
}

// hasAuthorization reports whether the caller has set the header, be it to nothing, and however the name is written.
func hasAuthorization(h http.Header) bool {
	if _, ok := h["Authorization"]; ok {
		return true
	}
	for name := range h {
		if len(name) == len("Authorization") && strings.EqualFold(name, "Authorization") {
			return true
		}
	}
	return false
}
