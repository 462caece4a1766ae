package auth

import (
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

// A Grant decides by accesstoken.Margin whether a token is worth returning, so the token source
// must draw the same line.
func TestNewEntry_margin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, lifetime := range []time.Duration{time.Second, 5 * time.Second, 49 * time.Second, 50 * time.Second, time.Minute, time.Hour} {
			s := newSource(t, &mint{})
			now := s.now()
			e, err := s.newEntry(&oauth2.Token{AccessToken: "t", Expiry: now.time().Add(lifetime)}, now, now)
			if err != nil {
				t.Fatal(err)
			}
			last := e.expiry.add(-accesstoken.Margin(lifetime))
			if !last.before(e.dead) || last.add(1).before(e.dead) {
				t.Errorf("lifetime %s: handed out until %s before its end, want %s", lifetime, e.dead.until(e.expiry), accesstoken.Margin(lifetime))
			}
		}
	})
}
