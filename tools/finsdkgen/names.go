package main

import (
	"fmt"
	"go/token"
	"slices"
	"strings"
	"unicode"
)

// goName returns an exported Go name for a member: client_id becomes ClientID, not-before-policy
// becomes NotBeforePolicy. It returns "" if Go has no such name.
func goName(member string) string {
	var out strings.Builder
	for _, word := range words(member) {
		if upper := strings.ToUpper(word); slices.Contains(initialisms, upper) {
			out.WriteString(upper)
			continue
		}
		r := []rune(word)
		out.WriteString(string(unicode.ToUpper(r[0])) + string(r[1:]))
	}
	name := out.String()
	if !token.IsIdentifier(name) || !token.IsExported(name) {
		return ""
	}
	return name
}

// words splits a name at characters that are neither letters nor digits, and before upper-case
// letters.
func words(name string) (found []string) {
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		runes := []rune(part)
		start := 0
		for i := 1; i < len(runes); i++ {
			before, at := runes[i-1], runes[i]
			next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if unicode.IsUpper(at) && (unicode.IsLower(before) || unicode.IsDigit(before) || unicode.IsUpper(before) && next) {
				found = append(found, string(runes[start:i]))
				start = i
			}
		}
		found = append(found, string(runes[start:]))
	}
	return found
}

// screaming writes a Go name as a part of an environment variable's: ClientID becomes CLIENT_ID,
// and APIURL becomes API_URL.
func screaming(name string) string {
	var parts []string
	for _, word := range words(name) {
		for strings.ToUpper(word) == word {
			i := slices.IndexFunc(initialisms, func(s string) bool {
				return len(s) < len(word) && strings.HasPrefix(word, s) && slices.Contains(initialisms, word[len(s):])
			})
			if i < 0 {
				break
			}
			parts, word = append(parts, initialisms[i]), word[len(initialisms[i]):]
		}
		parts = append(parts, strings.ToUpper(word))
	}
	return strings.Join(parts, "_")
}

// uniqueNames returns the Go names of members, or an error that names members without a Go name, or
// with the same one.
func uniqueNames(members []string) (map[string]string, error) {
	names, taken := make(map[string]string), make(map[string]string)
	for _, member := range members {
		name := goName(member)
		if name == "" {
			return nil, fmt.Errorf("member %q has no name in Go", member)
		}
		if other, ok := taken[name]; ok {
			return nil, fmt.Errorf("members %q and %q have the same name in Go, %s", other, member, name)
		}
		names[member], taken[name] = name, member
	}
	return names, nil
}
