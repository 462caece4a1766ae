package origin

import (
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Base is a URL that paths are added to. It has no user name, query or fragment, and ends with a
// slash.
type Base struct {
	Origin
	text, path string
}

// String returns the URL, or "" for the zero Base.
func (b Base) String() string { return b.text }

// Path returns the URL's path without escapes.
func (b Base) Path() string { return b.path }

// ParseBase reads the base URL of a server. Its error says what is wrong without quoting the URL.
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
		// Some servers and proxies read it as a step in the path, and some as a part of a name.
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

// Parse reads what may get a token: a host, a host and port, or a base URL, of which the origin
// counts. A host without a port stands for its port 443; a loopback one, for all of its ports and
// for http as well.
func Parse(s string) (Origin, error) {
	if strings.Contains(s, "://") {
		b, err := ParseBase(s)
		return b.Origin, err
	}
	o, err := parseAuthority(s)
	switch {
	case err != nil:
		return Origin{}, err
	case o.IsLoopback(): // the port of a test server changes from run to run
		return o, nil
	case o.port == 0:
		o.port = 443
	}
	o.scheme = schemeHTTPS
	return o, nil
}
