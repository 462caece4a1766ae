package tokenendpoint

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/finsdk/finsdk-go/auth"
)

// edgeHint is added to the hint for rejected credentials. It names neither the character nor the
// end, since that would reveal a part of the secret.
const edgeHint = "the secret that was sent begins or ends with white space, a line break, a quotation mark or an invisible character: " +
	"check that this is part of it and did not come with copying"

// hasOddEdge reports whether s begins or ends with a character that people seldom choose and that
// copying, quoting and editors often add: white space, a quotation mark, a byte order mark.
func hasOddEdge(s auth.Secret) bool {
	first, _ := utf8.DecodeRuneInString(s.Reveal())
	last, _ := utf8.DecodeLastRuneInString(s.Reveal())
	return isOddEdge(first) || isOddEdge(last)
}

func isOddEdge(r rune) bool {
	// UTF-16, which some shells write, decodes to RuneError at the start.
	return r == utf8.RuneError || strings.ContainsRune("\"'`´", r) || unicode.IsSpace(r) ||
		unicode.In(r, unicode.Pi, unicode.Pf, unicode.Cc, unicode.Cf)
}

// explainEdge adds edgeHint to e if the rejected secret has an odd edge.
func (x *Exchange) explainEdge(e *auth.Error) {
	if e.Kind == auth.ErrInvalidCredentials && slices.ContainsFunc(x.Secrets, hasOddEdge) {
		e.Hint = strings.TrimPrefix(e.Hint+"; "+edgeHint, "; ")
	}
}
