package keycloak

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// documents names the vendor of each realm. The realms that are not in it are mandators of finAPI.
var documents = map[string]string{"sti-connector": "finventi", "onefinops": "onefinops"}

// documentedScopes returns the scopes that a token request must ask for according to the document
// of the realm's vendor.
func documentedScopes(realm string) ([]string, error) {
	vendor := documents[realm]
	if vendor == "" {
		vendor = "finapi"
	}
	dir, err := os.Getwd() // of a package's tests, somewhere below the repository
	if err != nil {
		return nil, err
	}
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "specs", vendor+".yaml")
		if _, err := os.Stat(path); err == nil {
			return scopesIn(path)
		} else if dir == filepath.Dir(dir) {
			return nil, fmt.Errorf("keycloak: no parent directory has the documents: %w", err)
		}
	}
}

func scopesIn(document string) ([]string, error) {
	d, err := openapi3.NewLoader().LoadFromFile(document)
	if err != nil {
		return nil, fmt.Errorf("keycloak: %w", err)
	}
	var scopes []string
	for _, path := range d.Paths.Map() {
		for _, operation := range path.Operations() {
			if operation.OperationID != "IssueToken" || operation.RequestBody == nil {
				continue
			}
			for _, media := range operation.RequestBody.Value.Content {
				for _, variant := range append(openapi3.SchemaRefs{media.Schema}, media.Schema.Value.OneOf...) {
					scope := variant.Value.Properties["scope"]
					if scope == nil {
						continue
					}
					for _, constant := range scope.Value.Enum {
						scopes = append(scopes, strings.Fields(fmt.Sprint(constant))...)
					}
				}
			}
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes), nil
}

// registerDocumented registers the documented scopes of a realm.
func (a *Admin) registerDocumented(ctx context.Context, realm string) error {
	scopes, err := documentedScopes(realm)
	if err != nil {
		return err
	}
	for _, scope := range scopes {
		if err := a.RegisterScope(ctx, realm, scope); err != nil {
			return err
		}
	}
	return nil
}

// RegisterScope lets every client of a realm file ask for a scope. It adds the scope if the realm
// lacks it.
func (a *Admin) RegisterScope(ctx context.Context, realm, name string) error {
	if name == "openid" {
		return nil // each may
	}
	id, err := a.scopeID(ctx, realm, name)
	if err == nil && id == "" {
		if err = a.do(ctx, http.MethodPost, realmPath(realm)+"/client-scopes", map[string]any{
			"name":       name,
			"protocol":   "openid-connect",
			"attributes": map[string]string{"include.in.token.scope": "true"},
		}, nil); err == nil {
			id, err = a.scopeID(ctx, realm, name)
		}
	}
	if err != nil {
		return err
	}
	// Do not change Keycloak's own clients.
	var file struct{ Clients []struct{ ClientID string } }
	if err := json.Unmarshal(Realms()[realm], &file); err != nil {
		return fmt.Errorf("keycloak: realm file %s: %w", realm, err)
	}
	for _, c := range file.Clients {
		path, err := a.clientPath(ctx, realm, c.ClientID)
		if err != nil {
			return err
		}
		var has struct{ DefaultClientScopes, OptionalClientScopes []string }
		if err := a.do(ctx, http.MethodGet, path, nil, &has); err != nil {
			return err
		}
		if slices.Contains(has.DefaultClientScopes, name) || slices.Contains(has.OptionalClientScopes, name) {
			continue
		}
		if err := a.do(ctx, http.MethodPut, path+"/optional-client-scopes/"+id, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// scopeID returns the id of a scope, or "" if the realm does not have it.
func (a *Admin) scopeID(ctx context.Context, realm, name string) (string, error) {
	var scopes []struct{ ID, Name string }
	if err := a.do(ctx, http.MethodGet, realmPath(realm)+"/client-scopes", nil, &scopes); err != nil {
		return "", err
	}
	for _, scope := range scopes {
		if scope.Name == name {
			return scope.ID, nil
		}
	}
	return "", nil
}
