package keycloak

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Event carries out an event of the table: a verb, a realm, and a client or user.
func (a *Admin) Event(ctx context.Context, event string) error {
	words := strings.Fields(event)
	if len(words) == 2 {
		words = append(words, "")
	}
	if len(words) != 3 {
		return fmt.Errorf("keycloak: event %q: want a verb, a realm and a name", event)
	}
	verb, realm, name := words[0], words[1], words[2]
	switch verb {
	case "enable-client", "disable-client":
		return a.SetClientEnabled(ctx, realm, name, verb == "enable-client")
	case "enable-user", "disable-user":
		return a.SetUserEnabled(ctx, realm, name, verb == "enable-user")
	case "rotate-secret":
		_, err := a.RotateSecret(ctx, realm, name)
		return err
	case "rotate-and-drop-secret":
		_, err := a.RotateSecret(ctx, realm, name)
		return errors.Join(err, a.DropRotatedSecret(ctx, realm, name))
	case "logout-user":
		return a.LogoutUser(ctx, realm, name)
	case "not-before":
		// A token is stale if it was issued before this time. One of the same second would not be.
		return a.SetRealm(ctx, realm, map[string]any{"notBefore": time.Now().Unix() + 1})
	case "clear-not-before":
		return a.SetRealm(ctx, realm, map[string]any{"notBefore": 0})
	}
	return fmt.Errorf("keycloak: event %q: unknown", event)
}
