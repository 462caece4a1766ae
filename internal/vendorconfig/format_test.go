package vendorconfig_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

type printed struct{ authURL string }

func (p printed) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "Config", "EmailAddress", "me@example.com", "AuthURL", p.authURL)
}

func TestNoUserOfAURLIsPrinted(t *testing.T) {
	for url, want := range map[string]string{
		"https://gw.test/base":             "https://gw.test/base",
		"https://user:HUSH@gw.test/base":   "https://[redacted]@gw.test/base",
		"https://HUSH@gw.test":             "https://[redacted]@gw.test",
		"https://user:HU/SH#?@gw.test":     "https://[redacted]@gw.test",
		"https://user:1/HUSH@gw.test":      "https://[redacted]@gw.test",
		"https://user:HU@SH@gw.test":       "https://[redacted]@gw.test",
		"https://user:%zzHUSH\n@gw.test:x": "https://[redacted]@gw.test:x",
		"user:HUSH@gw.test":                "[redacted]@gw.test",
		"https:user:HUSH@gw.test":          "[redacted]@gw.test",
		"":                                 "",
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if got := fmt.Sprintf(verb, printed{url}); got != `Config{EmailAddress:"me@example.com" AuthURL:"`+want+`"}` || strings.Contains(got, "SH@") {
				t.Errorf("%s of %q: %s", verb, url, got)
			}
		}
	}
}
