package finapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	finapigen "github.com/finsdk/finsdk-go/gen/finapi"
	"github.com/finsdk/finsdk-go/internal/accesstoken"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

// ClientID is the public client that all callers share.
const ClientID = string(finapigen.ClientIDDemobankCli)

// state is what a Grant remembers.
type state struct {
	ended atomic.Pointer[hash] // the last refresh token that is no longer valid
}

// hash is the hash of a refresh token.
type hash = [sha256.Size]byte

// RequestToken implements [auth.Grant]. It uses last's refresh token while that may be valid. It
// logs in if there is no refresh token, if finAPI refuses it, or if the session ends so soon that
// no token source would return the new token. If a refresh fails in a way that may pass,
// RequestToken returns that failure while last has more than a minute left. After that it logs in,
// provided that finAPI itself answered, with 500 for example.
func (g *Grant) RequestToken(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error) {
	refreshToken, ok := g.usable(last)
	if !ok {
		return g.requestPassword(ctx)
	}
	t, err := g.requestRefresh(ctx, auth.NewSecret(refreshToken))
	switch {
	case err == nil && time.Until(t.Expiry) > accesstoken.Margin(time.Duration(t.ExpiresIn)*time.Second):
		return t, nil
	case err == nil || !mayPass(err):
		h := hash(sha256.Sum256([]byte(refreshToken)))
		g.ended.Store(&h)
	case time.Until(last.Expiry) >= lastMinute || !answered(err):
		return nil, err
	}
	return g.requestPassword(ctx)
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

// mayPass reports whether the same refresh may succeed later. Keycloak shortens the last tokens of
// a session, down to expires_in 0, and that does not pass.
func mayPass(err error) bool {
	var e *auth.Error
	return errors.As(err, &e) && (e.StatusCode == 0 || e.Temporary()) && !errors.Is(err, tokenendpoint.ErrExpired)
}

// lastMinute is how long before the old token expires a login takes the place of another refresh,
// so that the new token comes in time.
const lastMinute = time.Minute

// answered reports whether finAPI's server answered the refresh that failed. Such a failure may
// concern one session only, so that a login succeeds. If a gateway finds no server, or a limit is
// reached, no login succeeds either.
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
