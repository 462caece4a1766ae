package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/sandbox"
)

// Without a not-before policy no token is too old, wherever the clock stands.
func TestNotBefore_withAClockBefore1970(t *testing.T) {
	for name, opts := range map[string][]sandbox.Option{
		"the zero time": {sandbox.WithClock(func() time.Time { return time.Time{} })},
		"1969":          {sandbox.WithClock(func() time.Time { return time.Date(1969, 11, 22, 12, 0, 0, 0, time.UTC) })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := caller{t, instance(t, opts...), nil}
			for _, v := range sandbox.Vendors() {
				token := atoken(t, c.mint(v))
				if r := c.call(v, token); r.status != http.StatusOK {
					t.Errorf("%s: %d %s", v, r.status, r.body)
				}
			}
			for _, issued := range c.Tokens() {
				if issued.Revoked {
					t.Errorf("%s's token counts as revoked", issued.Vendor)
				}
			}
			if r := c.refresh(c.login().text("refresh_token")); r.status != http.StatusOK {
				t.Errorf("refresh: %d %s", r.status, r.body)
			}
		})
	}
}

func TestNotBefore_withAClockMovedBefore1970(t *testing.T) {
	t.Parallel()
	c := caller{t, instance(t), nil}
	c.wantAdmin(http.MethodPost, "/clock", `{"advance":"-500000h"}`, 200, "")
	if r := c.refresh(c.login().text("refresh_token")); r.status != http.StatusOK {
		t.Errorf("refresh: %d %s", r.status, r.body)
	}
	if r := c.call(sandbox.FinAPI, atoken(t, c.login())); r.status != http.StatusOK {
		t.Errorf("API: %d %s", r.status, r.body)
	}
}
