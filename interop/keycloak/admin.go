package keycloak

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// An Admin does the work of the vendor's administrator through Keycloak's REST API.
type Admin struct {
	base     string
	username string
	password string
	client   *http.Client
}

func newAdmin(base, username, password string) *Admin {
	// Importing a realm takes ten seconds, and several times that on a busy machine.
	client := &http.Client{Timeout: 5 * time.Minute}
	return &Admin{base: base, username: username, password: password, client: client}
}

// A StatusError is an answer of the REST API other than success.
type StatusError struct {
	Method, Path string
	StatusCode   int
	Body         string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("keycloak: %s %s: %d %s", e.Method, e.Path, e.StatusCode, e.Body)
}

// ImportRealm adds a realm. It replaces a realm of the same name from an earlier run. Any other
// realm of this name is an error.
func (a *Admin) ImportRealm(ctx context.Context, name string, representation []byte) error {
	var there struct{ Attributes map[string]string }
	err := a.do(ctx, http.MethodGet, realmPath(name), nil, &there)
	var status *StatusError
	switch {
	case errors.As(err, &status) && status.StatusCode == http.StatusNotFound:
	case err != nil:
		return err
	case there.Attributes[ownAttribute] == "":
		return fmt.Errorf("keycloak: the server has a realm %s that is not from a test (it lacks the attribute %s)", name, ownAttribute)
	default:
		if err := a.do(ctx, http.MethodDelete, realmPath(name), nil, nil); err != nil {
			return err
		}
	}
	return a.do(ctx, http.MethodPost, "", json.RawMessage(representation), nil)
}

// SetRealm changes settings of a realm by their names in the realm files, such as
// accessTokenLifespan.
func (a *Admin) SetRealm(ctx context.Context, realm string, settings map[string]any) error {
	return a.do(ctx, http.MethodPut, realmPath(realm), settings, nil)
}

// LogoutUser ends all sessions of one user.
func (a *Admin) LogoutUser(ctx context.Context, realm, username string) error {
	path, err := a.userPath(ctx, realm, username)
	if err != nil {
		return err
	}
	return a.do(ctx, http.MethodPost, path+"/logout", nil, nil)
}

// SetUserEnabled switches a user on or off.
func (a *Admin) SetUserEnabled(ctx context.Context, realm, username string, enabled bool) error {
	path, err := a.userPath(ctx, realm, username)
	if err != nil {
		return err
	}
	return a.edit(ctx, path, func(user map[string]any) { user["enabled"] = enabled })
}

// SetPassword gives a user a new password, which need not be changed at the next login.
func (a *Admin) SetPassword(ctx context.Context, realm, username, password string) error {
	path, err := a.userPath(ctx, realm, username)
	if err != nil {
		return err
	}
	credential := map[string]any{"type": "password", "value": password, "temporary": false}
	return a.do(ctx, http.MethodPut, path+"/reset-password", credential, nil)
}

// SetClientEnabled switches a client on or off.
func (a *Admin) SetClientEnabled(ctx context.Context, realm, clientID string, enabled bool) error {
	path, err := a.clientPath(ctx, realm, clientID)
	if err != nil {
		return err
	}
	return a.edit(ctx, path, func(client map[string]any) { client["enabled"] = enabled })
}

// RotateSecret gives a client a new secret and returns it. If the realm has a policy of secret
// rotation (onefinops), the old secret still works beside the new one; otherwise it stops working
// at once.
func (a *Admin) RotateSecret(ctx context.Context, realm, clientID string) (string, error) {
	path, err := a.clientPath(ctx, realm, clientID)
	if err != nil {
		return "", err
	}
	var credential struct{ Value string }
	if err := a.do(ctx, http.MethodPost, path+"/client-secret", nil, &credential); err != nil {
		return "", err
	}
	if credential.Value == "" {
		return "", fmt.Errorf("keycloak: rotating the secret of %s: the answer has no secret", clientID)
	}
	return credential.Value, nil
}

// DropRotatedSecret invalidates the secret that RotateSecret replaced.
func (a *Admin) DropRotatedSecret(ctx context.Context, realm, clientID string) error {
	path, err := a.clientPath(ctx, realm, clientID)
	if err != nil {
		return err
	}
	return a.do(ctx, http.MethodDelete, path+"/client-secret/rotated", nil, nil)
}

// AddSigningKey gives a realm a new RS256 key that signs from now on. Older keys stay in /certs.
func (a *Admin) AddSigningKey(ctx context.Context, realm string) error {
	var representation struct{ ID string }
	if err := a.do(ctx, http.MethodGet, realmPath(realm), nil, &representation); err != nil {
		return err
	}
	now := time.Now().Unix()
	return a.do(ctx, http.MethodPost, realmPath(realm)+"/components", map[string]any{
		"name":         fmt.Sprintf("rsa-%d", time.Now().UnixNano()),
		"providerId":   "rsa-generated",
		"providerType": "org.keycloak.keys.KeyProvider",
		"parentId":     representation.ID,
		"config": map[string][]string{
			"priority":  {fmt.Sprint(now)}, // the highest signs, and the newest is the highest
			"enabled":   {"true"},
			"active":    {"true"},
			"algorithm": {"RS256"},
			"keySize":   {"2048"},
		},
	}, nil)
}

// SigningKey returns the kid of the key that signs access tokens now.
func (a *Admin) SigningKey(ctx context.Context, realm string) (string, error) {
	var keys struct{ Active map[string]string }
	if err := a.do(ctx, http.MethodGet, realmPath(realm)+"/keys", nil, &keys); err != nil {
		return "", err
	}
	return keys.Active["RS256"], nil
}

// An Attack is the state of Keycloak's brute-force protection for a user.
type Attack struct {
	Disabled    bool  `json:"disabled"`
	NumFailures int   `json:"numFailures"`
	LastFailure int64 `json:"lastFailure"`
}

// Attack returns the state of the brute-force protection for a user.
func (a *Admin) Attack(ctx context.Context, realm, username string) (Attack, error) {
	path, err := a.attackPath(ctx, realm, username)
	if err != nil {
		return Attack{}, err
	}
	var attack Attack
	err = a.do(ctx, http.MethodGet, path, nil, &attack)
	return attack, err
}

// Unlock forgets a user's failed logins.
func (a *Admin) Unlock(ctx context.Context, realm, username string) error {
	path, err := a.attackPath(ctx, realm, username)
	if err != nil {
		return err
	}
	return a.do(ctx, http.MethodDelete, path, nil, nil)
}

func (a *Admin) attackPath(ctx context.Context, realm, username string) (string, error) {
	path, err := a.userPath(ctx, realm, username)
	if err != nil {
		return "", err
	}
	id := path[strings.LastIndexByte(path, '/')+1:]
	return realmPath(realm) + "/attack-detection/brute-force/users/" + id, nil
}

func realmPath(realm string) string { return "/" + url.PathEscape(realm) }

func (a *Admin) userPath(ctx context.Context, realm, username string) (string, error) {
	path := realmPath(realm) + "/users"
	id, err := a.find(ctx, path+"?exact=true&username="+url.QueryEscape(username))
	return path + "/" + id, err
}

func (a *Admin) clientPath(ctx context.Context, realm, clientID string) (string, error) {
	path := realmPath(realm) + "/clients"
	id, err := a.find(ctx, path+"?clientId="+url.QueryEscape(clientID))
	return path + "/" + id, err
}

// find returns the id of the only element that a query answers.
func (a *Admin) find(ctx context.Context, query string) (string, error) {
	var found []struct{ ID string }
	if err := a.do(ctx, http.MethodGet, query, nil, &found); err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("keycloak: GET %s: found %d, want 1", query, len(found))
	}
	return found[0].ID, nil
}

// edit changes a representation and writes it back. A partial one would reset the missing parts.
func (a *Admin) edit(ctx context.Context, path string, change func(map[string]any)) error {
	var representation map[string]any
	if err := a.do(ctx, http.MethodGet, path, nil, &representation); err != nil {
		return err
	}
	change(representation)
	return a.do(ctx, http.MethodPut, path, representation, nil)
}

// do sends one request below /admin/realms. It asks for a token each time: administrators' tokens
// live a minute, and a restarted server knows none of the old ones.
func (a *Admin) do(ctx context.Context, method, path string, in, out any) error {
	token, err := a.token(ctx)
	if err != nil {
		return err
	}
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+"/admin/realms"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return a.send(req, out)
}

func (a *Admin) token(ctx context.Context) (string, error) {
	form := url.Values{"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {a.username}, "password": {a.password}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+"/realms/master/protocol/openid-connect/token",
		strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := a.send(req, &token); err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

func (a *Admin) send(req *http.Request, out any) error {
	res, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return &StatusError{Method: req.Method, Path: req.URL.Path, StatusCode: res.StatusCode, Body: string(data)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(data, out)
}
