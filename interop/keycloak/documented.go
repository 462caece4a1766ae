package keycloak

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// documents are the vendors' and the realms of each. All others are mandators of finAPI.
var documents = map[string]string{"sti-connector": "finventi", "onefinops": "onefinops"}

// documentedScopes are those that the document of a realm's vendor has a token request ask for.
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
			return nil, fmt.Errorf("keycloak: no directory above has the documents: %w", err)
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

// registerDocumented lets the clients of a realm have what the vendor's document asks for.
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

// RegisterScope lets every client of a realm ask for a scope, which the realm gets where it has none of that name.
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
	var clients []struct {
		ID                                        string
		DefaultClientScopes, OptionalClientScopes []string
	}
	if err := a.do(ctx, http.MethodGet, realmPath(realm)+"/clients", nil, &clients); err != nil {
		return err
	}
	for _, c := range clients {
		if slices.Contains(c.DefaultClientScopes, name) || slices.Contains(c.OptionalClientScopes, name) {
			continue
		}
		if err := a.do(ctx, http.MethodPut, realmPath(realm)+"/clients/"+c.ID+"/optional-client-scopes/"+id, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// scopeID is empty where the realm has no scope of that name.
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
