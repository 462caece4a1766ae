package vendorconfig

import (
	"net/url"

	"github.com/finsdk/finsdk-go/internal/origin"
)

// SameOrigin reports whether two base URLs have scheme, host and port in common (RFC 6454).
func SameOrigin(a, b string) bool {
	ba, errA := origin.ParseBase(a)
	bb, errB := origin.ParseBase(b)
	return errA == nil && errB == nil && ba.Equal(&bb.Origin)
}

// originOf is a URL without what stands behind its host, or "" for what is no URL.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
