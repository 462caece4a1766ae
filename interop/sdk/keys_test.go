package sdk_test

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// keys are a realm's public keys, as a vendor's API keeps them: read from /certs, and read again
// when a token names an unknown one.
type keys struct {
	realm  string
	client http.Client

	mu    sync.Mutex
	known map[string]*rsa.PublicKey
	reads int
}

func newKeys(realm string) *keys {
	return &keys{realm: realm, client: http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
}

// verify checks a token's signature, times and issuer, and returns its claims and the id of its
// key.
func (k *keys) verify(ctx context.Context, accessToken string) (jwt.MapClaims, string, error) {
	claims := jwt.MapClaims{}
	t, err := jwt.ParseWithClaims(accessToken, claims, func(t *jwt.Token) (any, error) { return k.find(ctx, t) },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithIssuer(server.URL+"/realms/"+k.realm))
	if err != nil {
		return nil, "", err
	}
	kid, _ := t.Header["kid"].(string)
	return claims, kid, nil
}

func (k *keys) find(ctx context.Context, t *jwt.Token) (*rsa.PublicKey, error) {
	kid, _ := t.Header["kid"].(string)
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.known[kid]; key != nil {
		return key, nil
	}
	if err := k.read(ctx); err != nil {
		return nil, err
	}
	if key := k.known[kid]; key != nil {
		return key, nil
	}
	return nil, fmt.Errorf("/certs has no key %s", kid)
}

// forget makes the next verify read /certs again.
func (k *keys) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known = nil
}

func (k *keys) read(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/realms/"+k.realm+"/protocol/openid-connect/certs", nil)
	if err != nil {
		return err
	}
	resp, err := k.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var set struct {
		Keys []struct{ Kid, Kty, Use, N, E string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		return err
	}
	k.reads++
	k.known = map[string]*rsa.PublicKey{}
	for _, key := range set.Keys {
		if key.Kty != "RSA" || key.Use != "sig" {
			continue
		}
		n, errN := base64.RawURLEncoding.DecodeString(key.N)
		e, errE := base64.RawURLEncoding.DecodeString(key.E)
		if err := errors.Join(errN, errE); err != nil {
			return fmt.Errorf("/certs, key %s: %w", key.Kid, err)
		}
		k.known[key.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	return nil
}
