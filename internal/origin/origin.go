package origin

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// An Origin is a scheme, a host and a port (RFC 6454 section 4). The scheme is https, or http for a
// loopback host, so a credential may travel to any Origin. The host is one ASCII name or IP
// address. Compare Origins with [Origin.Equal], not with ==.
type Origin struct {
	_      [0]func()  // forbids ==, because names keep their case
	name   string     // without a trailing dot; "" for an IP address
	addr   netip.Addr // an IPv4-mapped address is unmapped
	port   uint16     // 0 means every port
	scheme scheme
}

type scheme uint8

const (
	anyScheme scheme = iota // https, or http to a loopback host
	schemeHTTPS
	schemeHTTP
)

// problem says what is wrong with a URL or host. It never quotes either, since they may contain a
// password.
type problem struct{ text, hint string }

func (p *problem) Error() string { return p.text }

var (
	errNoHost = &problem{"names no host", "give a full URL, such as https://api.example.com/v1"}
	errHost   = &problem{"does not name one host (an internationalized name is written in its ASCII form, xn--…)",
		"write the host as one ASCII name or one IP address"}
	errPort   = &problem{"has an invalid port", "give a port from 1 to 65535, or none"}
	errScheme = &problem{"is not https (plain http is for loopback hosts only)",
		"use https; plain http is for loopback hosts only"}
	errUser = &problem{"has a user name in it", "take the part before the @ out of the URL"}
)

// Of returns the Origin of u. It does not allocate.
func Of(u *url.URL) (Origin, error) {
	if u.User != nil {
		return Origin{}, errUser
	}
	return of(u.Scheme, u.Host)
}

func of(scheme, authority string) (Origin, error) {
	o, err := parseAuthority(authority)
	if err != nil {
		return Origin{}, err
	}
	port := uint16(443)
	switch {
	case scheme == "https" || strings.EqualFold(scheme, "https"):
		o.scheme = schemeHTTPS
	case strings.EqualFold(scheme, "http") && o.IsLoopback():
		o.scheme, port = schemeHTTP, 80
	default:
		return Origin{}, errScheme
	}
	if o.port == 0 {
		o.port = port
	}
	return o, nil
}

// parseAuthority parses the host and port of a URL or a Host header. Its grammar allows only one
// reading.
func parseAuthority(s string) (o Origin, err error) {
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return o, errHost
		}
		host, port = s[:end+1], s[end+1:]
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i:]
	}
	if err := o.setHost(host); err != nil {
		return o, err
	}
	if port == "" || port == ":" {
		return o, nil
	}
	n, err := strconv.ParseUint(port[1:], 10, 16)
	if port[0] != ':' || err != nil || n == 0 {
		return o, errPort
	}
	o.port = uint16(n)
	return o, nil
}

func (o *Origin) setHost(host string) error {
	if host == "" {
		return errNoHost
	}
	if host[0] == '[' {
		addr, err := netip.ParseAddr(host[1 : len(host)-1])
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return errHost
		}
		o.addr = addr.Unmap()
		return nil
	}
	name := strings.TrimSuffix(host, ".")
	switch {
	case !isName(name):
		return errHost
	case endsInNumber(name):
		// Resolvers accept 127.1, 0x7f000001 and 127.0.0.1. as addresses. Only the usual spelling
		// is allowed here.
		addr, err := netip.ParseAddr(host)
		if err != nil {
			return errHost
		}
		o.addr = addr
	default:
		o.name = name
	}
	return nil
}

// isName reports whether s is a host name of ASCII letters, digits, '-' and '_', which Go's
// resolver and crypto/x509 accept. No other character may pass: U+212A, for one, folds to k.
func isName(s string) bool {
	label := 0
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '_', b == '-' && i > 0:
			label++
		case b == '.' && label > 0:
			label = 0
		default:
			return false
		}
	}
	return label > 0
}

// endsInNumber reports whether name's last label makes it an IPv4 address by the rule of the URL
// Standard.
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last[0] < '0' || last[0] > '9' {
		return false
	}
	if len(last) > 1 && (last[1] == 'x' || last[1] == 'X') {
		return strings.Trim(last[2:], "0123456789abcdefABCDEF") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// Equal reports whether o and p are the same origin. Case and other spellings do not matter. A zero
// Origin equals no other.
func (o *Origin) Equal(p *Origin) bool {
	return o.scheme == p.scheme && o.port == p.port && o.sameHost(p)
}

// matches reports whether o, which may stand for several origins, includes p.
func (o *Origin) matches(p *Origin) bool {
	return (o.scheme == anyScheme || o.scheme == p.scheme) && (o.port == 0 || o.port == p.port) && o.sameHost(p)
}

func (o *Origin) sameHost(p *Origin) bool {
	if o.addr.IsValid() || p.addr.IsValid() {
		return o.addr == p.addr
	}
	return o.name != "" && (o.name == p.name || strings.EqualFold(o.name, p.name))
}

// IsZero reports whether o is the zero Origin. No URL has that origin.
func (o *Origin) IsZero() bool { return o.name == "" && !o.addr.IsValid() }

// IsLoopback reports whether o's host is one of the usual names or addresses of this machine.
func (o *Origin) IsLoopback() bool {
	return o.addr.IsLoopback() || strings.EqualFold(o.name, "localhost")
}

// String returns the origin. It omits the default port and the scheme https.
func (o *Origin) String() string {
	s := o.name
	if o.addr.IsValid() {
		if s = o.addr.String(); o.addr.Is6() {
			s = "[" + s + "]"
		}
	}
	if o.port != 0 && !(o.scheme == schemeHTTPS && o.port == 443) && !(o.scheme == schemeHTTP && o.port == 80) {
		s += ":" + strconv.Itoa(int(o.port))
	}
	if o.scheme == schemeHTTP {
		s = "http://" + s
	}
	return strings.ToLower(s)
}

// IsLoopback reports whether host, without port and brackets, is one of the usual names or
// addresses of this machine.
func IsLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return (err == nil && addr.Unmap().IsLoopback()) || strings.EqualFold(host, "localhost")
}
