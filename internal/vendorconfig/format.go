package vendorconfig

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Format prints a struct of names and values, the same for every verb. Configs and Tokens use it
// because fmt, under %s and some other verbs, prints the target of a pointer without calling the
// methods of a Secret in it.
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

// withoutUser removes the text before the @ from a URL, which may be a password. Such a URL is
// invalid, and url.Parse may refuse it, so withoutUser does not parse it.
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
