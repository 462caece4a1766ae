package vendortest

import (
	"errors"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
)

// WantHost fails unless err refuses the host with that hint, or is nil where the hint is empty.
func WantHost(t testing.TB, err error, hint string) {
	t.Helper()
	switch {
	case hint == "" && err != nil:
		t.Errorf("refused: %v", err)
	case hint != "" && (!errors.Is(err, auth.ErrHostNotAllowed) || !strings.Contains(err.Error(), hint)):
		t.Errorf("got %v, want ErrHostNotAllowed with %q", err, hint)
	}
}

// OddSecrets have to arrive at the vendor as they are.
var OddSecrets = []string{
	`&=+% ü"'`,
	"two\nlines\r\n",
	"tab\tand null\x00",
	" spaces around ",
	"%41%zz",
	"<script>alert('x')</script>",
	`\u0041\n\\`,
	"日本語 🔑",
	strings.Repeat("long", 4096),
}

// WantText fails unless text has part in it.
func WantText(t testing.TB, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("got %q, want %q in it", text, part)
	}
}
