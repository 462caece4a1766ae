package keycloak

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
)

// Normal reports whether a path has neither dots nor double slashes to resolve.
func Normal(escaped string) bool {
	return path.Clean(escaped) == strings.TrimSuffix(escaped, "/")
}

// Unfit returns the answer of Keycloak's HTTP server to a path that it does not pass on, or nil.
func Unfit(u *url.URL) *answer.Answer {
	var a answer.Answer
	_, err := url.ParseQuery(strings.ReplaceAll(u.RawQuery, ";", "%3B"))
	switch escaped := u.EscapedPath(); {
	case err != nil:
		a = answer.Text(http.StatusBadRequest, "", "")
	case strings.Contains(escaped, ";"):
		a = answer.OAuthError(http.StatusBadRequest, "invalidCharacter", "Request path contains invalid character ';'")
	case !Normal(escaped):
		a = answer.OAuthError(http.StatusBadRequest, "missingNormalization", "Request path not normalized")
	default:
		return nil
	}
	if a.Members != nil {
		a.With("Content-Type", "application/json; charset=UTF-8")
	}
	return &a
}

// WithoutSlash takes the slash off the end of the path, which makes no difference to Keycloak.
func WithoutSlash(r *http.Request) *http.Request {
	if !strings.HasSuffix(r.URL.Path, "/") {
		return r
	}
	r2, u := new(http.Request), *r.URL
	*r2 = *r
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/"), strings.TrimSuffix(u.RawPath, "/")
	r2.URL = &u
	return r2
}

func (c visit) nothing(methods []string) answer.Answer {
	_, below, _ := strings.Cut(c.Request.URL.Path, "/realms/")
	realmName, below, _ := strings.Cut(below, "/")
	protocol, isProtocol := strings.CutPrefix(below, "protocol/")
	isWellKnown := strings.HasPrefix(below, ".well-known/")
	_, isEndpoint := strings.CutPrefix(protocol, "openid-connect/")
	switch preflight := c.Request.Method == http.MethodOptions; {
	case preflight && isWellKnown: // of any realm and any name
		return c.preflight(below)
	case realmName != "" && c.k.Accounts.Realm(c.Vendor, realmName) == nil:
		return prose(http.StatusNotFound, "Realm does not exist")
	case preflight && methods != nil:
		return c.preflight(below)
	case isWellKnown, isEndpoint && methods == nil && (preflight || c.Reads()):
		return prose(http.StatusNotFound, "HTTP 404 Not Found")
	case isEndpoint, methods != nil:
		return prose(http.StatusMethodNotAllowed, "HTTP 405 Method Not Allowed")
	case isProtocol:
		return prose(http.StatusNotFound, "Protocol not found")
	}
	return prose(http.StatusNotFound, "Unable to find matching target resource method")
}
