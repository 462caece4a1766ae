package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
	"github.com/finsdk/finsdk-go/internal/errorlist"
	"github.com/finsdk/finsdk-go/internal/origin"
)

// Authorize sets the Authorization header of req to a valid token, and so is a RequestEditorFn for
// every client that oapi-codegen generates. It waits like [TokenSource.TokenContext].
//
// A token of this source that req has already, however it is spelled, is taken off; an
// Authorization header that is left then is the caller's, and stays as it is. A request to a host
// that may not have the token (see [WithAPIHosts]) is refused with [ErrHostNotAllowed]: its URL,
// its Host header and the URL's opaque part all have to name one that may.
//
// That is all an editor can do: it sees neither redirects nor answers. Give the http.Client that
// sends the request [TokenSource.CheckRedirect], without which net/http copies the header to
// redirects within the same domain, in clear text too; and call [TokenSource.Invalidate] when the
// API answers 401. [TokenSource.Client] does both by itself.
func (s *TokenSource) Authorize(ctx context.Context, req *http.Request) error {
	if others := s.strip(req.Header); others {
		return nil
	}
	if err := s.hosts.Check(req); err != nil {
		return s.own(newHostError(err))
	}
	return s.place(ctx, req)
}

// place sets the header to a valid token.
func (s *TokenSource) place(ctx context.Context, req *http.Request) error {
	e, err := s.validEntry(ctx)
	if err != nil {
		return err
	}
	setAuthorization(req, e.header)
	return nil
}

// BearerEditor makes a request editor of any oauth2.TokenSource. The token goes to the given hosts
// only, which are written as for [WithAPIHosts]; without any, to every host over https, and to
// loopback ones. A request that has an Authorization header is left alone.
//
// The hosts count for the request alone, not for where the API redirects it: net/http copies the
// header to redirects within the same domain, in clear text too. Where src is a [TokenSource], give
// the http.Client its CheckRedirect, or rather use [TokenSource.Client]; otherwise a CheckRedirect
// that returns http.ErrUseLastResponse.
//
// Errors: [ErrHostNotAllowed]; [ErrInvalidConfig] at the first request when a host cannot be read
// or src is nil; [ErrMalformedResponse] when src returns what is no Bearer token; and whatever src
// returns. A src that has a TokenContext method, as [TokenSource] does, is asked through it.
func BearerEditor(src oauth2.TokenSource, hosts ...string) func(ctx context.Context, req *http.Request) error {
	var (
		rules  origin.Rules
		broken errorlist.List
	)
	if isNil(src) {
		broken = append(broken, errors.New("BearerEditor: the token source is nil"))
	}
	for _, h := range hosts {
		o, err := origin.Parse(h)
		if err != nil {
			broken = append(broken, fmt.Errorf("BearerEditor: %s %w", quotable(h), err))
			continue
		}
		rules.Allow(o)
	}
	return func(ctx context.Context, req *http.Request) error {
		if broken != nil {
			return &Error{Op: "authorize the request", Kind: ErrInvalidConfig, Err: broken}
		}
		s, ours := src.(*TokenSource)
		if ours {
			s.strip(req.Header)
		}
		if hasAuthorization(req.Header) {
			return nil
		}
		if err := rules.Check(req); err != nil {
			return newHostError(err)
		}
		if ours {
			return s.place(ctx, req)
		}
		t, err := tokenFrom(ctx, src)
		if err != nil {
			return err
		}
		if err := checkBearer(t); err != nil {
			return &Error{Op: "authorize the request", Kind: ErrMalformedResponse, Err: err}
		}
		setAuthorization(req, "Bearer "+t.AccessToken)
		return nil
	}
}

// isNil reports whether what an interface holds is nothing, or a nil pointer or function.
func isNil(held any) bool {
	v := reflect.ValueOf(held)
	return !v.IsValid() || ((v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil())
}

// checkBearer refuses a token that may not stand behind "Bearer".
func checkBearer(t *oauth2.Token) error {
	if !strings.EqualFold(t.Type(), "Bearer") { // no type counts as Bearer
		return errors.New("the token's type is not Bearer")
	}
	return accesstoken.Check(t.AccessToken)
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
