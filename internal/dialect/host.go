package dialect

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
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

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// SameOrigin reports whether two URLs have scheme, host and port in common (RFC 6454).
func SameOrigin(a, b string) bool { return originOf(a) != "" && originOf(a) == originOf(b) }

// originOf is a URL's scheme, host and port in one spelling, or "" for what is no URL.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	case u.Scheme == "http":
		port = "80"
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), port)
}
