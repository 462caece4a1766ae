package repo

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// Every entry of the troubleshooting page that an error names is there.
func TestEveryErrorHasItsTroubleshootingEntry(t *testing.T) {
	page := filepath.Join(root, filepath.FromSlash(auth.Troubleshooting))
	there := anchors(readFile(t, page))
	named := regexp.MustCompile(`\(see ` + regexp.QuoteMeta(auth.Troubleshooting) + `#([^)]+)\)$`)
	kinds := []error{auth.ErrInvalidConfig, auth.ErrInvalidCredentials, auth.ErrInvalidGrant, auth.ErrRateLimited,
		auth.ErrUnavailable, auth.ErrMalformedResponse, auth.ErrHostNotAllowed}
	seen := map[string]bool{}
	for _, vendor := range []string{"", "finventi", "finapi", "onefinops", "fincalc", "a vendor of their own"} {
		for _, kind := range kinds {
			text := (&auth.Error{Vendor: vendor, Kind: kind}).Error()
			m := named.FindStringSubmatch(text)
			if m == nil {
				t.Errorf("%q names no entry", text)
				continue
			}
			seen[m[1]] = true
			if !slices.Contains(there, m[1]) {
				t.Errorf("%s has no heading for #%s", page, m[1])
			}
		}
	}
	if want := 5 * len(kinds); len(seen) != want {
		t.Errorf("the errors name %d entries, want %d", len(seen), want)
	}
	// These have no entry of their own in the text, but one can be looked for.
	for _, anchor := range []string{"gave-up-waiting", "the-grant-panicked"} {
		if !slices.Contains(there, anchor) {
			t.Errorf("%s has no heading for #%s", page, anchor)
		}
	}
}

// The error that the page begins with is one that is really printed.
func TestTroubleshootingShowsARealError(t *testing.T) {
	config := sandbox.Start(t).OneFinOps()
	config.ClientSecret = auth.NewSecret(config.ClientSecret.Reveal() + " with a slip")
	source, err := onefinops.NewTokenSource(config)
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.Token()
	if err == nil {
		t.Fatal("a wrong secret was taken")
	}
	if page := readFile(t, filepath.Join(root, filepath.FromSlash(auth.Troubleshooting))); !strings.Contains(page, "\n"+err.Error()+"\n") {
		t.Errorf("the page does not show\n%v", err)
	}
}

// Every link from one page to another file of the repository, or to a heading, leads somewhere.
func TestLinksInPagesLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	checked := 0
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(prose(readFile(t, page)), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			checked++
			file := page
			if target != "" {
				file = filepath.Join(filepath.Dir(page), filepath.FromSlash(target))
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: link to %s: %v", page, m[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(readFile(t, file)), anchor) {
				t.Errorf("%s: link to %s: no such heading", page, m[1])
			}
		}
	}
	if checked == 0 {
		t.Error("no link was found, which cannot be right")
	}
}

// pages returns the path of every Markdown page of the repository.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == ".git"):
			return fs.SkipDir
		case strings.HasSuffix(path, ".md"):
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// prose is a page without its code blocks.
func prose(page string) string {
	var b strings.Builder
	code := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			code = !code
		} else if !code {
			b.WriteString(line)
		}
	}
	return b.String()
}

// anchors returns the anchors that GitHub gives to a page's headings: lower case, without punctuation, with hyphens
// for spaces, and a number behind what came before.
func anchors(page string) []string {
	var found []string
	for line := range strings.Lines(prose(page)) {
		heading := strings.TrimLeft(line, "#")
		if level := len(line) - len(heading); level == 0 || level > 6 || !strings.HasPrefix(heading, " ") {
			continue
		}
		base := strings.Map(func(r rune) rune {
			switch {
			case r == ' ' || r == '-':
				return '-'
			case r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(heading))
		anchor := base
		for n := 1; slices.Contains(found, anchor); n++ {
			anchor = fmt.Sprintf("%s-%d", base, n)
		}
		found = append(found, anchor)
	}
	return found
}

func TestAnchorsAreGitHubs(t *testing.T) {
	page := "# A `code` title: with, marks!\n## Two  spaces\n## again\n## Again\n```\n# not a heading\n```\n#nor this\n### under_score-and-hyphen\n"
	want := []string{"a-code-title-with-marks", "two--spaces", "again", "again-1", "under_score-and-hyphen"}
	if got := anchors(page); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
