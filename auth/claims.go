package auth

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are what a JWT access token says (RFC 7519 section 4.1), read without checking its signature: good for
// showing and for telling its expiry, never for trusting whoever sent it. That is the API's business.
type Claims struct {
	Issuer    string
	Subject   string
	Audience  []string // one string in the token is a list of one here
	ExpiresAt time.Time
	IssuedAt  time.Time
	NotBefore time.Time
	ID        string
	Members   map[string]any // every member as encoding/json decodes it, numbers as json.Number
}

// HasAudience reports whether the token is meant for aud.
func (c Claims) HasAudience(aud string) bool { return slices.Contains(c.Audience, aud) }

// String returns a member's text, or "" when it is absent or no string.
func (c Claims) String(name string) string {
	s, _ := c.Members[name].(string)
	return s
}

// ParseClaims reads the claims of a JWT. Times may have fractions, as league/oauth2-server writes them. A token
// that is no JWT, which vendors are free to send, is [ErrMalformedResponse].
func ParseClaims(accessToken string) (Claims, error) {
	members := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithJSONNumber())
	if _, _, err := parser.ParseUnverified(accessToken, members); err != nil && len(members) == 0 {
		// The parser's text may quote the token.
		return Claims{}, &Error{Op: "read the token's claims", Kind: ErrMalformedResponse, Err: errors.New("the access token is not a JWT")}
	}
	c := Claims{Members: members}
	c.Issuer, c.Subject, c.ID = c.String("iss"), c.String("sub"), c.String("jti")
	switch aud := members["aud"].(type) {
	case string:
		c.Audience = []string{aud}
	case []any:
		for _, a := range aud {
			if s, ok := a.(string); ok {
				c.Audience = append(c.Audience, s)
			}
		}
	}
	c.ExpiresAt, c.IssuedAt, c.NotBefore = numericDate(members["exp"]), numericDate(members["iat"]), numericDate(members["nbf"])
	return c, nil
}

// numericDate reads a NumericDate; what is none, or lies outside the years 1970 to 9999, is the zero time.
func numericDate(v any) time.Time {
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}
	}
	f, err := n.Float64()
	if err != nil || !(f > 0 && f < 253402300800) {
		return time.Time{}
	}
	whole, frac := math.Modf(f)
	return time.Unix(int64(whole), int64(frac*1e9))
}

// jwtExpiry returns when a JWT expires.
func jwtExpiry(accessToken string) (time.Time, error) {
	c, err := ParseClaims(accessToken)
	if err != nil {
		return time.Time{}, errors.New("it is not a JWT")
	}
	if c.ExpiresAt.IsZero() {
		return time.Time{}, errors.New("its exp claim is missing or malformed")
	}
	return c.ExpiresAt, nil
}
