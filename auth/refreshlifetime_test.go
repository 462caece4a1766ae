package auth

import (
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

func TestRefreshLifetime_isReadAsANumberAndAsText(t *testing.T) {
	for _, c := range []struct {
		said any
		want time.Duration
	}{
		{1800.0, 30 * time.Minute},
		{"1800", 30 * time.Minute},
		{nil, accesstoken.MaxLifetime},
		{0.0, accesstoken.MaxLifetime}, // Keycloak's way to say that it has no end
		{"soon", accesstoken.MaxLifetime},
		{"NaN", accesstoken.MaxLifetime},
		{1e18, accesstoken.MaxLifetime},
		{-1.0, accesstoken.MaxLifetime},
	} {
		token := (&oauth2.Token{}).WithExtra(map[string]any{"refresh_expires_in": c.said})
		if got := refreshLifetime(token); got != c.want {
			t.Errorf("%v: got %v, want %v", c.said, got, c.want)
		}
	}
}
