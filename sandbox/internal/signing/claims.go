package signing

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
)

// Claims are those of a token. Numbers are of type json.Number. Nil Claims are valid and empty.
type Claims map[string]any

// Text returns a claim that is a string, or "".
func (c Claims) Text(name string) string {
	text, _ := c[name].(string)
	return text
}

// Unix returns a NumericDate (RFC 7519 section 2) in whole seconds, or 0, which has long passed.
func (c Claims) Unix(name string) int64 {
	number, _ := c[name].(json.Number)
	f, err := number.Float64()
	if err != nil {
		return 0
	}
	return int64(f)
}

// HasAudience reports whether the token is meant for an audience.
func (c Claims) HasAudience(want string) bool {
	list, err := jwt.MapClaims(c).GetAudience()
	return err == nil && slices.Contains(list, want)
}

// Realm returns the last segment of the issuer.
func (c Claims) Realm() string {
	iss := c.Text("iss")
	return iss[strings.LastIndex(iss, "/")+1:]
}

// Read returns the claims of a token that one of the keys has signed, or nil. It does not check
// when the token ends.
func (r *Ring) Read(text string) Claims { return read(text, r.find, "RS256") }

// ReadAny is [Ring.Read] for tokens that a key of the ring or a secret has signed.
func (r *Ring) ReadAny(text string, secret []byte) Claims {
	return read(text, func(t *jwt.Token) (any, error) {
		if t.Method == jwt.SigningMethodHS512 {
			return secret, nil
		}
		return r.find(t)
	}, "RS256", "HS512")
}

// ReadSecret is [Ring.Read] for tokens of [SignSecret].
func ReadSecret(text string, secret []byte) Claims {
	return read(text, func(*jwt.Token) (any, error) { return secret, nil }, "HS512")
}

func read(text string, find jwt.Keyfunc, methods ...string) Claims {
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	_, err := parser.ParseWithClaims(text, claims, find)
	if err != nil || strings.ContainsAny(text, "\r\n") { // encoding/base64 overlooks line breaks
		return nil
	}
	return Claims(claims)
}

// Unverified returns the claims of a token that anybody may have made, or nil.
func Unverified(text string) Claims {
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser(jwt.WithJSONNumber()).ParseUnverified(text, claims); err != nil {
		return nil
	}
	return Claims(claims)
}

// SignSecret makes a JWT with HS512, whose header names the key id.
func SignSecret(claims jsondoc.Object, id string, secret []byte) string {
	header := fmt.Sprintf(`{"alg":"HS512","typ" : "JWT","kid" : %q}`, id)
	payload, err := claims.MarshalJSON()
	if err != nil {
		panic(err) // the claims are texts and numbers
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := jwt.SigningMethodHS512.Sign(text, secret)
	if err != nil {
		panic(err) // HMAC takes any key
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}
