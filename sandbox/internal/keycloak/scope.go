package keycloak

import (
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
)

// scopeFor returns the scope of a token: all of the client's own scopes, and the requested ones of
// its optional scopes.
func (c visit) scopeFor(by *accounts.LiveClient) (scope string, refusal *answer.Answer) {
	asked := ""
	if c.asksScope() {
		if asked = c.Form.Get("scope"); asked == "" {
			return "", c.invalidScope("")
		}
	}
	words, ok := by.Grant(asked)
	if !ok {
		return "", c.invalidScope(asked)
	}
	return strings.Join(slices.DeleteFunc(words, c.isSilent), " "), nil
}

// asksScope reports whether the form has a scope that is not overlooked.
func (c visit) asksScope() bool {
	return c.Form.Has("scope") && (len(c.Form.Get("scope")) <= maxValue || c.k.Before266)
}

// invalidScope repeats what was asked for.
func (c visit) invalidScope(asked string) *answer.Answer {
	return new(answer.OAuthError(http.StatusBadRequest, "invalid_scope", "Invalid scopes: "+c.sanitized(asked)))
}

// sanitized is a value as Keycloak since 26.6 takes it: without the control characters.
func (c visit) sanitized(value string) string {
	if c.k.Before266 {
		return value
	}
	return strings.Map(func(r rune) rune {
		if r < 0x80 && unicode.IsControl(r) {
			return -1
		}
		return r
	}, value)
}

// isSilent reports whether a scope is one of a new realm's that add claims or roles but do not
// appear in a token's scope.
func (c visit) isSilent(word string) bool {
	switch word {
	case "acr", "basic", "roles", "service_account", "web-origins":
		return true
	case "organization": // shows once the user belongs to one; up to 26.5 always
		return !c.k.Before266
	}
	return false
}
