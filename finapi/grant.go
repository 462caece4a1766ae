package finapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	finapigen "github.com/finsdk/finsdk-go/gen/finapi"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// ClientID is the one public client that all callers share.
const ClientID = string(finapigen.ClientIDDemobankCli)

// Grant asks finAPI's token endpoint for tokens. It is safe for use by several goroutines, keeps no token, and is
// what a token source asks. Services use [NewTokenSource] instead.
type Grant struct {
	settings *settled
	ended    atomic.Pointer[hash] // the last refresh token that is of no use any more
}

// hash is a refresh token's.
type hash = [sha256.Size]byte

var _ auth.Grant = (*Grant)(nil)

// NewGrant checks c and returns a Grant on it. It asks for nothing yet.
func NewGrant(c Config) (*Grant, error) {
	s, err := c.settle()
	if err != nil {
		return nil, err
	}
	return &Grant{settings: s}, nil
}

// Password logs in (RFC 6749 section 4.3). Every call is one request and one session at finAPI: use a token source
// where more than one token is wanted. The http.Client is the one that ctx holds under the key oauth2.HTTPClient, as
// far as it is safe for secrets (see auth.HTTPClient). Errors are [*auth.Error].
func (g *Grant) Password(ctx context.Context) (*Token, error) {
	t, err := g.password(ctx)
	if err != nil {
		return nil, err
	}
	return newToken(t), nil
}

// Refresh asks for a new token in exchange for a refresh token (RFC 6749 section 6). Where the answer has no new
// refresh token, the result has the one given here, which stays in use. A refresh token that has ended is
// auth.ErrInvalidGrant: log in again.
func (g *Grant) Refresh(ctx context.Context, refreshToken auth.Secret) (*Token, error) {
	t, err := g.refresh(ctx, refreshToken.Reveal())
	if err != nil {
		return nil, err
	}
	return newToken(t), nil
}

// RequestToken asks for a token, for [auth.Grant]: with last's refresh token while it may live, and by
// logging in when there is none, when finAPI refuses it in whatever way, or when the session is so near
// its end that no token source would hand the new token out any more. A refresh that fails in a way
// that may pass is returned as it is while last has a minute left; then finAPI's own such answers, as
// 500 is one, are followed by a login too.
func (g *Grant) RequestToken(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error) {
	refreshToken, ok := g.usable(last)
	if !ok {
		return g.password(ctx)
	}
	t, err := g.refresh(ctx, refreshToken)
	switch {
	case err == nil && time.Until(t.Expiry) > auth.ExpiryMargin(time.Duration(t.ExpiresIn)*time.Second):
		return t, nil
	case err == nil || !mayPass(err):
		h := hash(sha256.Sum256([]byte(refreshToken)))
		g.ended.Store(&h)
	case time.Until(last.Expiry) >= lastMinute || !answered(err):
		return nil, err
	}
	return g.password(ctx)
}

// usable returns last's refresh token unless it is known to have ended.
func (g *Grant) usable(last *oauth2.Token) (string, bool) {
	if last == nil || strings.TrimSpace(last.RefreshToken) == "" {
		return "", false
	}
	if end := tokenendpoint.RefreshExpiry(last); !end.IsZero() && !time.Now().Before(end) {
		return "", false
	}
	if ended := g.ended.Load(); ended != nil && *ended == sha256.Sum256([]byte(last.RefreshToken)) {
		return "", false
	}
	return last.RefreshToken, true
}

// mayPass reports whether the same refresh may succeed later. Keycloak cuts the last tokens of a session
// short, down to expires_in 0: that does not pass.
func mayPass(err error) bool {
	var e *auth.Error
	return errors.As(err, &e) && (e.StatusCode == 0 || e.Temporary()) && !errors.Is(err, tokenendpoint.ErrExpired)
}

// lastMinute is when a login is worth more than another try to refresh: in time for the token that ends.
const lastMinute = time.Minute

// answered reports whether a server answered the refresh that failed. It may fail on one session alone
// and let logins through. No login gets past a gateway that finds no server, or a limit.
func answered(err error) bool {
	var e *auth.Error
	if !errors.As(err, &e) || e.Is(auth.ErrRateLimited) {
		return false
	}
	switch e.StatusCode {
	case 0, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return false
	}
	return true
}

func (g *Grant) password(ctx context.Context) (*oauth2.Token, error) {
	x := &tokenendpoint.Exchange{Vendor: vendor, Op: "password grant", Explain: explainPassword}
	password, err := x.UseSecret(ctx, fieldPassword, g.settings.password)
	if err != nil {
		return nil, err
	}
	return g.send(ctx, x, finapigen.PasswordTokenRequest{
		GrantType: finapigen.PasswordGrantTypePassword,
		ClientID:  finapigen.ClientIDDemobankCli,
		Username:  g.settings.username,
		Password:  password,
	}.Form())
}

func (g *Grant) refresh(ctx context.Context, refreshToken string) (*oauth2.Token, error) {
	x := &tokenendpoint.Exchange{Vendor: vendor, Op: "refresh_token grant", Explain: explainRefresh, Secrets: []auth.Secret{auth.NewSecret(refreshToken)}}
	if strings.TrimSpace(refreshToken) == "" {
		return nil, x.BadField(vendorconfig.Field{Name: "refreshToken"}, "is missing")
	}
	t, err := g.send(ctx, x, finapigen.RefreshTokenRequest{
		GrantType:    finapigen.RefreshGrantTypeRefreshToken,
		ClientID:     finapigen.ClientIDDemobankCli,
		RefreshToken: refreshToken,
	}.Form())
	if err == nil && t.RefreshToken == "" {
		t.RefreshToken = refreshToken
	}
	return t, err
}

func (g *Grant) send(ctx context.Context, x *tokenendpoint.Exchange, form url.Values) (*oauth2.Token, error) {
	body := form.Encode()
	return x.Send(ctx, func(c *http.Client) (*http.Response, error) {
		client := finapigen.Client{Server: g.settings.authURL, Client: c}
		return client.IssueTokenWithBody(ctx, g.settings.mandator, tokenendpoint.FormType, strings.NewReader(body), tokenendpoint.Header)
	})
}

// Format prints what the Grant asks for, without the secret, for every verb.
func (g *Grant) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "finapi.Grant", "Mandator", g.settings.mandator, "Username", g.settings.username, "AuthURL", g.settings.authURL)
}
