package vendorconfig

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Format prints a struct of names and values for every verb alike. The Configs and Tokens have it because fmt prints
// what a pointer points at, under %s and some other verbs, without asking a Secret inside how it wants to be printed.
func Format(f fmt.State, name string, pairs ...any) {
	var b strings.Builder
	b.WriteString(name + "{")
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b.WriteString(" ")
		}
		fmt.Fprintf(&b, "%s:", pairs[i])
		switch v := pairs[i+1].(type) {
		case string:
			if name, _ := pairs[i].(string); strings.HasSuffix(name, "URL") {
				v = withoutUser(v)
			}
			fmt.Fprintf(&b, "%q", v)
		case []string:
			fmt.Fprintf(&b, "%q", v)
		case time.Time:
			b.WriteString(v.Format(time.RFC3339))
		default:
			fmt.Fprintf(&b, "%v", v)
		}
	}
	_, _ = io.WriteString(f, b.String()+"}")
}

// withoutUser takes what stands before the @ out of a URL, which may be a password. A URL that has it there is refused,
// and the parser with it: so it is looked for in what may be no URL at all.
func withoutUser(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s
	}
	scheme, _, ok := strings.Cut(s[:at], "://")
	if !ok {
		return "[redacted]" + s[at:]
	}
	return scheme + "://[redacted]" + s[at:]
}
