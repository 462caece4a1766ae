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
	"github.com/finsdk/finsdk-go/internal/origin"
)

// Authorize sets the Authorization header of req to a valid token. Its signature makes it a
// RequestEditorFn of every client that oapi-codegen generates. It waits like
// [TokenSource.TokenContext].
//
// Authorize first removes any token of this source from req, in whatever spelling. If an
// Authorization header is left, it is the caller's own: Authorize keeps it and adds no token. It
// refuses a request to a host that may not have the token (see [WithAPIHosts]) with
// [ErrHostNotAllowed]: the URL, the Host header and the URL's opaque part must all name an allowed
// host.
//
// A request editor sees neither redirects nor answers. So set [TokenSource.CheckRedirect] on the
// http.Client that sends the request: without it, net/http copies the header to redirects within
// the same domain, also over plain http. And call [TokenSource.Invalidate] when the API answers
// 401. [TokenSource.Client] does both by itself.
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

// BearerEditor returns a request editor for any oauth2.TokenSource. The token goes to the given
// hosts only, written as for [WithAPIHosts]. Without hosts, the editor of a [TokenSource] is its
// Authorize, and any other token goes to every host over https and to loopback hosts. The editor
// leaves a request alone that has an Authorization header.
//
// The hosts apply to the request itself, not to redirects: net/http copies the header to redirects
// within the same domain, also over plain http. If src is a [TokenSource], prefer
// [TokenSource.Client], or set its CheckRedirect on the http.Client. For any other src, set a
// CheckRedirect that returns http.ErrUseLastResponse.
//
// The editor returns [ErrHostNotAllowed] for any other host, [ErrInvalidConfig] if a host is
// invalid or src is nil, [ErrMalformedResponse] if src returns a token that is not a Bearer token,
// and otherwise the error of src. If src has a TokenContext method, as [TokenSource] does, the
// editor calls that.
func BearerEditor(src oauth2.TokenSource, hosts ...string) func(ctx context.Context, req *http.Request) error {
	var (
		rules  origin.Rules
		broken []error
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
			return &Error{Op: "authorize the request", Kind: ErrInvalidConfig, Err: errors.Join(broken...)}
		}
		s, ours := src.(*TokenSource)
		switch {
		case ours && len(hosts) == 0:
			return s.Authorize(ctx, req)
		case ours:
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

// isNil reports whether held is nil, or holds a nil pointer or function.
func isNil(held any) bool {
	v := reflect.ValueOf(held)
	return !v.IsValid() || ((v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil())
}

// checkBearer returns an error if t must not be sent as a Bearer token.
func checkBearer(t *oauth2.Token) error {
	if !strings.EqualFold(t.Type(), "Bearer") { // an empty type means Bearer
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
