// Package calls has everything that a service can ask of a vendor through the SDK: each typed call
// on a token endpoint, and each generated resource call with a token source's Authorize. Tests make
// all of these calls to various servers.
package calls

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
)

// A Call is one call of the SDK.
type Call struct {
	Name string
	// Do makes the call. It returns a decoded answer with everything that the documents require, or
	// an error.
	Do func(context.Context) (any, error)
}

// errMissing means that the SDK accepted an answer that lacks a required member.
var errMissing = errors.New("the answer lacks what the document requires")

// Finventi returns the calls of Finventi. All requests go through transport.
func Finventi(c finventi.Config, transport http.RoundTripper) ([]Call, error) {
	grant, err := finventi.NewGrant(c)
	if err != nil {
		return nil, err
	}
	source, err := finventi.NewTokenSource(c, through(transport))
	if err != nil {
		return nil, err
	}
	calls := []Call{
		{"client_credentials grant", func(ctx context.Context) (any, error) {
			t, err := grant.ClientCredentials(using(ctx, transport))
			return complete(t, err, func() bool { return !t.AccessToken.IsZero() && !t.Expiry.IsZero() && len(t.Scope) > 0 })
		}},
		token(source),
	}
	resources, err := finventiResources(c, transport)
	return append(calls, resources...), err
}

// FinAPI returns the calls of finAPI.
func FinAPI(c finapi.Config, transport http.RoundTripper) ([]Call, error) {
	grant, err := finapi.NewGrant(c)
	if err != nil {
		return nil, err
	}
	source, err := finapi.NewTokenSource(c, through(transport))
	if err != nil {
		return nil, err
	}
	whole := func(t *finapi.Token) bool {
		return t.Err() == nil && !t.AccessToken.IsZero() && !t.RefreshToken.IsZero() && t.RefreshExpiry.After(t.Expiry) && t.SessionState != "" &&
			len(t.Scope) > 0 && t.MandatorName != "" && t.MandatorUUID != ""
	}
	calls := []Call{
		{"password grant", func(ctx context.Context) (any, error) {
			t, err := grant.Password(using(ctx, transport))
			return complete(t, err, func() bool { return whole(t) })
		}},
		{"refresh_token grant", func(ctx context.Context) (any, error) {
			ctx = using(ctx, transport)
			first, err := grant.Password(ctx)
			if err != nil {
				return nil, err
			}
			t, err := grant.Refresh(ctx, first.RefreshToken)
			return complete(t, err, func() bool { return whole(t) })
		}},
		{"refresh by the token source", func(ctx context.Context) (any, error) {
			ctx = using(ctx, transport)
			first, err := grant.RequestToken(ctx, nil)
			if err != nil {
				return nil, err
			}
			t, err := grant.RequestToken(ctx, first)
			return complete(t, err, func() bool { return t.Valid() && t.RefreshToken != "" })
		}},
		token(source),
	}
	resources, err := finapiResources(c.APIURL, source, transport)
	return append(calls, resources...), err
}

// OneFinOps returns the calls of OneFinOps.
func OneFinOps(c onefinops.Config, transport http.RoundTripper) ([]Call, error) {
	grant, err := onefinops.NewGrant(c)
	if err != nil {
		return nil, err
	}
	source, err := onefinops.NewTokenSource(c, through(transport))
	if err != nil {
		return nil, err
	}
	calls := []Call{
		{"client_credentials grant", func(ctx context.Context) (any, error) {
			t, err := grant.ClientCredentials(using(ctx, transport))
			return complete(t, err, func() bool { return !t.AccessToken.IsZero() && !t.Expiry.IsZero() && len(t.Scope) > 0 })
		}},
		token(source),
	}
	resources, err := onefinopsResources(c.APIURL, source, transport)
	return append(calls, resources...), err
}

// FinCalc returns the calls of FinCalc.
func FinCalc(c fincalc.Config, transport http.RoundTripper) ([]Call, error) {
	grant, err := fincalc.NewGrant(c)
	if err != nil {
		return nil, err
	}
	source, err := fincalc.NewTokenSource(c, through(transport))
	if err != nil {
		return nil, err
	}
	calls := []Call{
		{"client_credentials grant", func(ctx context.Context) (any, error) {
			t, err := grant.ClientCredentials(using(ctx, transport))
			return complete(t, err, func() bool { return !t.AccessToken.IsZero() && !t.Expiry.IsZero() && len(t.Scope) > 0 })
		}},
		token(source),
	}
	resources, err := fincalcResources(c.APIURL, source, transport)
	return append(calls, resources...), err
}

func token(source *auth.TokenSource) Call {
	return Call{"token source", func(ctx context.Context) (any, error) {
		t, err := source.TokenContext(ctx)
		return complete(t, err, func() bool { return t.Valid() && !t.Expiry.IsZero() })
	}}
}

// through makes a token source's requests go through transport.
func through(transport http.RoundTripper) auth.Option {
	return auth.WithHTTPClient(&http.Client{Transport: transport})
}

// using makes a Grant's requests go through transport.
func using(ctx context.Context, transport http.RoundTripper) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: transport})
}

// complete returns a result if whole accepts it, and otherwise an error.
func complete(result any, err error, whole func() bool) (any, error) {
	if err != nil {
		return nil, err
	}
	if !whole() {
		return nil, fmt.Errorf("%w: %+v", errMissing, result)
	}
	return result, nil
}
