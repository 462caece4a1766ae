// Package drift carries the differences between a vendor's answer and its document from the token
// endpoint to the token source.
package drift

import "golang.org/x/oauth2"

// extra is the key of the differences among a token's extras.
const extra = "finsdk: drift"

// Add adds differences, which name members and hold no values, to extras.
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
