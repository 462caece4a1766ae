package sandbox

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// hostNames returns the valid hosts of an option. The others are errors of the settings.
func (s *settings) hostNames(hosts []string) []string {
	names := make([]string, 0, len(hosts))
	for _, h := range hosts {
		name, ok := hostName(h)
		if !ok {
			s.fail("%q is neither a host name nor an IP address; it has no scheme, port or path", h)
			continue
		}
		names = append(names, name)
	}
	return names
}

// hostName is a host as a certificate and a URL have it, in ASCII and lower case.
func hostName(h string) (string, bool) {
	h = strings.ToLower(strings.TrimSuffix(h, "."))
	if inner, ok := strings.CutPrefix(h, "["); ok {
		h = strings.TrimSuffix(inner, "]")
	}
	if addr, err := netip.ParseAddr(h); err == nil {
		return addr.Unmap().String(), addr.Zone() == "" && !addr.IsUnspecified()
	}
	if h == "" || len(h) > 253 {
		return "", false
	}
	for label := range strings.SplitSeq(h, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", false
		}
	}
	return h, true
}

// certificateHosts returns all hosts by which a client may reach a listener.
func (s *settings) certificateHosts(address string, listening net.Addr) []string {
	hosts := append([]string{"localhost", "127.0.0.1", "::1"}, s.hosts...)
	add := func(h string) {
		if name, ok := hostName(h); ok && !slices.Contains(hosts, name) {
			hosts = append(hosts, name)
		}
	}
	if u, err := url.Parse(s.baseURL); err == nil {
		add(u.Hostname())
	}
	if h, _, err := net.SplitHostPort(address); err == nil {
		add(h)
	}
	if tcp, ok := listening.(*net.TCPAddr); ok {
		add(tcp.IP.String())
	}
	return hosts
}

// namesItself reports whether a host is one that the options name.
func (s *settings) namesItself(host string) bool {
	if u, err := url.Parse(s.baseURL); err == nil && u.Hostname() != "" && strings.EqualFold(u.Hostname(), host) {
		return true
	}
	return slices.ContainsFunc(s.trustedHosts, func(h string) bool { return strings.EqualFold(h, host) })
}
