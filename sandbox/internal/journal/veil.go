package journal

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/internal/redact"
)

// Known are the words that a Journal may show, and the secrets that it must not.
type Known struct {
	// Accounts are the names of clients and users, and e-mail addresses, in small letters.
	Accounts map[string]bool
	Scopes   map[string]bool
	Realms   map[string]bool
	Grants   []string
	// Segments are those of the documented paths, Members the names in their queries and bodies,
	// and Examples the names of the documents' examples.
	Segments, Members, Examples map[string]bool
	// Secrets are those of all accounts, those replaced included.
	Secrets []string
	// IsMagic reports whether a name is a magic account's, and IsFault whether it is a fault's.
	IsMagic, IsFault func(name string) bool
}

// veil knows what the journal must not show, and the names that it may.
type veil struct {
	Known
	shown   string           // words that are no secret
	secrets *redact.Redactor // of all accounts, those replaced included
	sent    *redact.Redactor // of what came with one request and may be repeated in the answer
}

func newVeil(k Known) *veil {
	var shown []string
	for _, names := range []map[string]bool{k.Accounts, k.Scopes, k.Realms, shownParameters} {
		shown = slices.AppendSeq(shown, maps.Keys(names))
	}
	words := strings.Join(append(shown, k.Grants...), " ")
	return &veil{Known: k, shown: words, secrets: redact.New(k.Secrets, words), sent: redact.New(nil)}
}

// isAccount reports whether a name is a configured or a magic account's, of whichever vendor.
func (v *veil) isAccount(name string) bool {
	return v.Accounts[strings.ToLower(name)] || v.IsMagic(name)
}

// over is the veil over the answer to one request: it hides what the request's own picture hides
// too.
func (v *veil) over(r *record) *veil {
	words := slices.Clone(r.credentials)
	for _, word := range r.words {
		if !v.isAccount(word) && !v.Scopes[word] && !shownParameters[word] && !v.Members[word] && !slices.Contains(v.Grants, strings.TrimSpace(word)) {
			words = append(words, word)
		}
	}
	w := *v
	w.sent = redact.New(words, v.shown)
	return &w
}

// tokens are what no list of secrets has: JWTs in Base64, and the sandbox's opaque tokens.
var tokens = regexp.MustCompile(`(?i)zxlk[a-z0-9+/_-]{8,}=*|opaque-[0-9a-f]{8}-[0-9a-f-]{27}`)

// holds reports whether there is a secret in a text.
func (v *veil) holds(text string) bool { return v.text(text) != text }

// text is free text without its secrets.
func (v *veil) text(text string) string {
	return v.sent.Text(v.secrets.Text(tokens.ReplaceAllLiteralString(text, redacted)))
}
