package sandbox

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// WithHosts adds host names and IP addresses by which clients reach the sandbox, such as the name
// of its container. They are in the certificate of [WithTLS], the first is the host of
// [Instance.PublicURL], and the page and the admin API answer to them as with [WithTrustedHosts].
func WithHosts(hosts ...string) Option {
	return option(func(s *settings) {
		names := s.hostNames(hosts)
		s.hosts = append(s.hosts, names...)
		s.trustedHosts = append(s.trustedHosts, names...)
	})
}

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

// PublicURL returns the base URL for clients that may run on another machine. It is the first of
// these that exists: the URL of [WithBaseURL], the first host of [WithHosts] with the port of the
// listener, the first name of a certificate that is not for this machine, and [Instance.URL].
// Server has the Configs for it, such as i.Server.Finventi(i.PublicURL()).
func (i *Instance) PublicURL() string {
	if i.baseURL != "" {
		return i.baseURL
	}
	if host := i.publicHost(); host != "" {
		if u, err := url.Parse(i.URL); err == nil {
			return u.Scheme + "://" + net.JoinHostPort(host, u.Port())
		}
	}
	return i.URL
}

// publicHost returns the host of the public URL, or "" if that is the one of the URL.
func (i *Instance) publicHost() string {
	if len(i.hosts) > 0 {
		return i.hosts[0]
	}
	if i.certificate == nil {
		return ""
	}
	u, err := url.Parse(i.URL)
	if err != nil || i.certificate.Pair.Leaf.VerifyHostname(u.Hostname()) == nil {
		return ""
	}
	for _, name := range i.certificate.Pair.Leaf.DNSNames {
		if !strings.Contains(name, "*") {
			return name
		}
	}
	if ips := i.certificate.Pair.Leaf.IPAddresses; len(ips) > 0 {
		return ips[0].String()
	}
	return ""
}
