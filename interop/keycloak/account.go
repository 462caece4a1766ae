package keycloak

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// AddClient adds a confidential client with a service account, whose tokens have this lifetime.
func (a *Admin) AddClient(ctx context.Context, realm, clientID, secret string, lifetime time.Duration) error {
	return a.do(ctx, http.MethodPost, realmPath(realm)+"/clients", map[string]any{
		"clientId":                  clientID,
		"secret":                    secret,
		"protocol":                  "openid-connect",
		"publicClient":              false,
		"serviceAccountsEnabled":    true,
		"standardFlowEnabled":       false,
		"directAccessGrantsEnabled": false,
		"attributes":                map[string]string{"access.token.lifespan": fmt.Sprint(int(lifetime.Seconds()))},
	}, nil)
}

// AddUser adds a user who can log in at once.
func (a *Admin) AddUser(ctx context.Context, realm, username, password string) error {
	return a.do(ctx, http.MethodPost, realmPath(realm)+"/users", map[string]any{
		"username":      username,
		"enabled":       true,
		"email":         username + "@example.test",
		"emailVerified": true,
		"firstName":     username, // without names the account is not fully set up
		"lastName":      "Test",
		"credentials":   []map[string]any{{"type": "password", "value": password, "temporary": false}},
	}, nil)
}

// AddPublicClient adds a client without a secret that may do nothing yet.
func (a *Admin) AddPublicClient(ctx context.Context, realm, clientID string) error {
	return a.do(ctx, http.MethodPost, realmPath(realm)+"/clients", map[string]any{
		"clientId":                  clientID,
		"protocol":                  "openid-connect",
		"publicClient":              true,
		"standardFlowEnabled":       false,
		"directAccessGrantsEnabled": false,
	}, nil)
}

// DropSigningKey removes the key with this id from a realm: it no longer signs, and /certs no
// longer has it.
func (a *Admin) DropSigningKey(ctx context.Context, realm, kid string) error {
	var keys struct {
		Keys []struct{ Kid, ProviderID string }
	}
	if err := a.do(ctx, http.MethodGet, realmPath(realm)+"/keys", nil, &keys); err != nil {
		return err
	}
	for _, key := range keys.Keys {
		if key.Kid == kid {
			return a.do(ctx, http.MethodDelete, realmPath(realm)+"/components/"+key.ProviderID, nil, nil)
		}
	}
	return fmt.Errorf("keycloak: realm %s has no key %s", realm, kid)
}
