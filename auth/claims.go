package auth

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are the claims of a JWT access token (RFC 7519 section 4.1). Their signature is not
// verified. Use them to show a token or to read its expiry, never to trust its sender: verification
// is the API's task.
type Claims struct {
	Issuer    string
	Subject   string
	Audience  []string // a single string becomes a list of one
	ExpiresAt time.Time
	IssuedAt  time.Time
	NotBefore time.Time
	ID        string
	Members   map[string]any // every member, decoded by encoding/json, numbers as json.Number
}

// HasAudience reports whether the token is meant for aud.
func (c Claims) HasAudience(aud string) bool { return slices.Contains(c.Audience, aud) }

// String returns the text of a member, or "" if it is absent or not a string.
func (c Claims) String(name string) string {
	s, _ := c.Members[name].(string)
	return s
}

// ParseClaims reads the claims of a JWT. It accepts times with fractions, as league/oauth2-server
// writes them. It returns [ErrMalformedResponse] if the token is not a JWT; vendors are free to
// send other tokens.
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

// numericDate reads a NumericDate. It returns the zero time for malformed values and for years
// outside 1970 to 9999.
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
