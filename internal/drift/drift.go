// Package drift carries what a vendor's answer differs in from its document, from the token endpoint to
// the token source.
package drift

import "golang.org/x/oauth2"

// extra is the name of the differences among a token's extras.
const extra = "finsdk: drift"

// Add puts differences, which name members and hold no values, among extras.
func Add(extras map[string]any, differences []string) {
	if len(differences) > 0 {
		extras[extra] = differences
	}
}

// Of returns the differences that came with t.
func Of(t *oauth2.Token) []string {
	if t == nil {
		return nil
	}
	differences, _ := t.Extra(extra).([]string)
	return differences
}
