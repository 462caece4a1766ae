package sandbox_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/sandbox"
)

func TestAdvance_ignoresOverflow(t *testing.T) {
	c := start(t)
	for _, d := range []time.Duration{math.MaxInt64, math.MinInt64 + 1} {
		c.Advance(d)
		c.Advance(d) // is not made
		if got := c.Now().Sub(c.clock.Now()); got != d {
			t.Errorf("the clock is %v ahead, want %v", got, d)
		}
		c.wantAdmin(http.MethodPost, "/clock", `{"advance":"`+d.String()+`"}`, 400, "292 years")
		c.Advance(-d)
		c.Advance(0)
	}
	if !c.Now().Equal(c.clock.Now()) {
		t.Errorf("the clock is at %v", c.Now())
	}
}

func TestAdvance_worksUpToItsLimits(t *testing.T) {
	c := start(t)
	c.Advance(math.MaxInt64)
	for _, v := range sandbox.Vendors() {
		if r := c.call(v, c.mint(v).text("access_token")); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", v, r.status, r.body)
		}
	}
	for _, token := range c.Tokens() {
		if life := token.Expiry.Sub(token.IssuedAt); life <= 0 || life > 25*time.Hour {
			t.Errorf("%+v", token)
		}
	}
}
