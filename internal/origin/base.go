package origin

import (
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Base is a base URL, to which paths are appended. It has no user name, query or fragment, and
// ends with a slash.
type Base struct {
	Origin
	text, path string
}

// String returns the URL, or "" for the zero Base.
func (b Base) String() string { return b.text }

// Path returns the URL's path without escapes.
func (b Base) Path() string { return b.path }

// ParseBase parses the base URL of a server. Its error says what is wrong without quoting the URL.
func ParseBase(raw string) (Base, error) {
	if !utf8.ValidString(raw) || strings.ContainsFunc(raw, unicode.IsControl) || strings.ContainsFunc(raw, unicode.IsSpace) {
		return Base{}, errors.New("has white space or a control character in it")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Opaque != "" || strings.Contains(raw, `\`):
		return Base{}, errors.New("is not a URL")
	case u.Scheme == "" || u.Host == "":
		return Base{}, errors.New("is not an absolute URL, such as https://gateway.example/base")
	case u.User != nil:
		return Base{}, errUser
	case strings.ContainsAny(raw, "?#"):
		return Base{}, errors.New("has a query or a fragment")
	case strings.Contains(strings.ToLower(u.EscapedPath()), "%2e"):
		// Some servers and proxies read it as a step in the path, others as part of a name.
		return Base{}, errors.New("has a percent-encoded dot in its path")
	case strings.HasSuffix(u.Host, ":"):
		return Base{}, errPort
	}
	o, err := Of(u)
	if err != nil {
		return Base{}, err
	}
	u = u.JoinPath("/")
	return Base{Origin: o, text: u.String(), path: u.Path}, nil
}

// Parse parses a host, a host and port, or a base URL, of which only the origin counts. A host
// without a port means port 443. A loopback host without a port means all of its ports, and http
// too.
func Parse(s string) (Origin, error) {
	if strings.Contains(s, "://") {
		b, err := ParseBase(s)
		return b.Origin, err
	}
	o, err := parseAuthority(s)
	switch {
	case err != nil:
		return Origin{}, err
	case o.IsLoopback(): // a test server has another port in each run
		return o, nil
	case o.port == 0:
		o.port = 443
	}
	o.scheme = schemeHTTPS
	return o, nil
}
