package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// scopeFor is what a token gets: all of the client's own scopes, and of the optional ones those
// asked for.
func (c *call) scopeFor(by *client) (scope string, refusal *answer) {
	asked := ""
	if c.asksScope() {
		if asked = c.form.Get("scope"); asked == "" {
			return "", c.invalidScope("")
		}
	}
	words, ok := by.grantScope(asked)
	if !ok {
		return "", c.invalidScope(asked)
	}
	return strings.Join(slices.DeleteFunc(words, c.isSilent), " "), nil
}

// asksScope reports whether the form has a scope that is not overlooked.
func (c *call) asksScope() bool {
	return c.form.Has("scope") && (len(c.form.Get("scope")) <= maxValue || c.server.keycloak265)
}

// invalidScope repeats what was asked for.
func (c *call) invalidScope(asked string) *answer {
	asked = c.sanitized(asked)
	a := oauthError(http.StatusBadRequest, "invalid_scope", "Invalid scopes: "+asked)
	return &a
}

// sanitized is a value as Keycloak since 26.6 takes it: without the control characters.
func (c *call) sanitized(value string) string {
	if c.server.keycloak265 {
		return value
	}
	return strings.Map(func(r rune) rune {
		if r < 0x80 && unicode.IsControl(r) {
			return -1
		}
		return r
	}, value)
}

// isSilent reports whether a scope is one of a new realm's that add claims or roles and do not show
// in a token's scope.
func (c *call) isSilent(word string) bool {
	switch word {
	case "acr", "basic", "roles", "service_account", "web-origins":
		return true
	case "organization": // shows once the user belongs to one; up to 26.5 always
		return !c.server.keycloak265
	}
	return false
}

// grantScope is the client's own scopes and those asked for; it is not ok where the client may not
// have one.
func (c *client) grantScope(asked string) (scopes []string, ok bool) {
	scopes = slices.Clone(c.Scopes)
	for _, word := range scopeWords(asked) {
		switch {
		case slices.Contains(scopes, word):
		case word == "openid", slices.Contains(c.OptionalScopes, word):
			scopes = append(scopes, word)
		default:
			return nil, false
		}
	}
	return scopes, true
}

// scopeWords takes a scope apart at single blanks, as Keycloak does: between two of them, and
// before one at the beginning, is a word without a letter, which no client has. Those at the end do
// not count.
func scopeWords(scope string) []string {
	scope = strings.TrimRight(scope, " ")
	if scope == "" {
		return nil
	}
	return strings.Split(scope, " ")
}
