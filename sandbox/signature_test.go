package sandbox_test

import (
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// checkSignature checks a token with the published keys, as a resource server that knows nothing
// else.
func checkSignature(t *testing.T, keySet reply, token string) {
	t.Helper()
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation()).Parse(token, func(tok *jwt.Token) (any, error) {
		for _, k := range keySet.json["keys"].([]any) {
			key := k.(map[string]any)
			if key["kid"] != tok.Header["kid"] {
				continue
			}
			return &rsa.PublicKey{N: number(t, key["n"]), E: int(number(t, key["e"]).Int64())}, nil
		}
		t.Fatalf("no key %v", tok.Header["kid"])
		return nil, nil
	})
	if err != nil {
		t.Error(err)
	}
}

func number(t *testing.T, v any) *big.Int {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(v.(string))
	if err != nil {
		t.Fatal(err)
	}
	return new(big.Int).SetBytes(data)
}
