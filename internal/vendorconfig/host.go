package vendorconfig

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
)

// isHostname reports whether host, without port and brackets, is one ASCII name or an IP address.
func isHostname(host string) bool {
	if strings.Contains(host, ":") {
		addr, err := netip.ParseAddr(host)
		return err == nil && addr.Zone() == ""
	}
	for i := range len(host) {
		switch b := host[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '.', b == '-':
		default:
			return false
		}
	}
	return host != "" && host[0] != '.' && host[0] != '-'
}

// SameOrigin reports whether two URLs have scheme, host and port in common (RFC 6454).
func SameOrigin(a, b string) bool {
	ua, errA := url.Parse(a)
	ub, errB := url.Parse(b)
	return errA == nil && errB == nil && auth.SameOrigin(ua, ub)
}

// originOf is a URL without what stands behind its host, or "" for what is no URL.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
