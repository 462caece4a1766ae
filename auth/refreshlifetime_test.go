package auth

import (
	"testing"
	"time"

	"golang.org/x/oauth2"
)

func TestRefreshLifetimeIsReadAsANumberAndAsAText(t *testing.T) {
	for _, c := range []struct {
		said any
		want time.Duration
	}{
		{1800.0, 30 * time.Minute},
		{"1800", 30 * time.Minute},
		{nil, MaxLifetime},
		{0.0, MaxLifetime}, // Keycloak's way to say that it has no end
		{"soon", MaxLifetime},
		{"NaN", MaxLifetime},
		{1e18, MaxLifetime},
		{-1.0, MaxLifetime},
	} {
		token := (&oauth2.Token{}).WithExtra(map[string]any{"refresh_expires_in": c.said})
		if got := refreshLifetime(token); got != c.want {
			t.Errorf("%v: got %v, want %v", c.said, got, c.want)
		}
	}
}
