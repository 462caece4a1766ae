package repo

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The page numbers its behaviours in order, and the tests that it names exist.
func TestBehavioursPage_namesTestsThatExist(t *testing.T) {
	row := regexp.MustCompile(`^\| (\d+) \| .* \| (.*) \|$`)
	name := regexp.MustCompile("`([a-z0-9/]+)\\.(Test[A-Za-z0-9_]+)(?:/([^`]+))?`")
	n := 0
	for line := range strings.Lines(readFile(t, filepath.Join(root, "docs", "behaviours.md"))) {
		m := row.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		if n++; m[1] != strconv.Itoa(n) {
			t.Errorf("behaviour %s stands where %d should", m[1], n)
		}
		tests := name.FindAllStringSubmatch(m[2], -1)
		if len(tests) == 0 || strings.TrimSpace(name.ReplaceAllString(m[2], "")) != "" {
			t.Errorf("behaviour %d is shown by %s, want names of tests", n, m[2])
		}
		for _, test := range tests {
			dir, function, part := test[1], test[2], test[3]
			if !mentions(t, dir, "\nfunc "+function+"(t *testing.T)") {
				t.Errorf("behaviour %d: %s has no %s", n, dir, function)
			}
			if part != "" && !mentions(t, "internal/test/vendortest", `{"`+part+`", `) {
				t.Errorf("behaviour %d: the vendors' suite has no part %q", n, part)
			}
		}
	}
	if n < 32 {
		t.Errorf("%d behaviours were found, want 32 at least", n)
	}
}

// mentions reports whether a Go file of the directory has the text.
func mentions(t *testing.T, dir, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.Contains(readFile(t, file), text) {
			return true
		}
	}
	return false
}
