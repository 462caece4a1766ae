package auth

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// tokenLike finds what no secret list knows: JWTs, of any vendor and also cut off, and Bearer or Basic values.
var tokenLike = regexp.MustCompile(`(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}|\beyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*`)

// redactAll is Redact without the limit on length. It goes over the text once: what it has put in place of a
// secret is not searched again, or a secret of one letter would multiply.
func redactAll(text string, secrets []string) string {
	var forms []string
	for _, secret := range secrets {
		forms = append(forms, spellings(secret)...)
	}
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, redacted)
	}
	return tokenLike.ReplaceAllString(strings.NewReplacer(pairs...).Replace(text), redacted)
}

// spellings lists the forms in which a server may echo a secret.
func spellings(secret string) []string {
	if strings.TrimSpace(secret) == "" {
		return nil
	}
	forms := []string{
		url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
	if quoted, err := json.Marshal(secret); err == nil {
		forms = append(forms, strings.Trim(string(quoted), `"`))
	}
	return append(forms, secret, strings.TrimSpace(secret))
}
