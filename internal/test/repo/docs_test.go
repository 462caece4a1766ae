package repo

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// troubleshooting is the page that errors link to.
var troubleshooting = filepath.Join(root, "docs", "troubleshooting.md")

// helped returns the vendors that have their own entries on the page.
func helped(t *testing.T) (vendors []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	help := regexp.MustCompile(`(?m)^const help = finsdk\.Troubleshooting \+ "#([a-z]+)-"$`)
	for _, file := range files {
		if m := help.FindStringSubmatch(readFile(t, file)); m != nil {
			vendors = append(vendors, m[1])
			if name := filepath.Base(filepath.Dir(file)); name != m[1] {
				t.Errorf("%s links to the entries of %s", name, m[1])
			}
		}
	}
	return vendors
}

// The troubleshooting page has every entry that an error links to, and an error links to every
// entry of a kind.
func TestEveryErrorHasItsTroubleshootingEntry(t *testing.T) {
	if want := "/blob/v" + finsdk.Version + "/docs/troubleshooting.md"; !strings.HasSuffix(finsdk.Troubleshooting, want) {
		t.Errorf("errors link to %s, want a URL that ends with %s", finsdk.Troubleshooting, want)
	}
	there := anchors(readFile(t, troubleshooting))
	vendors := helped(t)
	linked := []string{"gave-up-waiting", "the-grant-panicked"} // looked for by their words
	for _, kind := range []error{auth.ErrInvalidConfig, auth.ErrInvalidCredentials, auth.ErrInvalidGrant, auth.ErrRateLimited,
		auth.ErrUnavailable, auth.ErrMalformedResponse, auth.ErrHostNotAllowed} {
		topic := strings.ReplaceAll(kind.Error(), " ", "-")
		if text := (&auth.Error{Kind: kind}).Error(); !strings.HasSuffix(text, " (see "+finsdk.Troubleshooting+"#"+topic+")") {
			t.Errorf("%q links to no entry", text)
		}
		if text := (&auth.Error{Kind: kind, Help: "https://vendor.example/#"}).Error(); !strings.HasSuffix(text, " (see https://vendor.example/#"+topic+")") {
			t.Errorf("%q does not link to the vendor's page", text)
		}
		linked = append(linked, topic)
		for _, vendor := range vendors {
			linked = append(linked, vendor+"-"+topic)
		}
	}
	for _, anchor := range linked {
		if !slices.Contains(there, anchor) {
			t.Errorf("%s has no heading for #%s", troubleshooting, anchor)
		}
	}
	for _, anchor := range there {
		if vendor, _, ok := strings.Cut(anchor, "-"); ok && slices.Contains(vendors, vendor) && !slices.Contains(linked, anchor) {
			t.Errorf("%s: no error links to #%s", troubleshooting, anchor)
		}
	}
}

// The page begins with an error that the SDK really prints; the version may differ.
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
	text := strings.Replace(err.Error(), "/blob/v"+finsdk.Version+"/", "/blob/v…/", 1)
	if !strings.Contains(readFile(t, troubleshooting), "\n"+text+"\n") {
		t.Errorf("the page does not show\n%s", text)
	}
}

// The page shows the real answer to a readiness probe.
func TestRunningShowsARealProbe(t *testing.T) {
	source, err := onefinops.NewTokenSource(sandbox.Start(t).OneFinOps())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	auth.ReadyHandler(source).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if page := filepath.Join(root, "docs", "running.md"); !strings.Contains(readFile(t, page), "```json\n"+w.Body.String()+"```") {
		t.Errorf("%s does not show %s", page, w.Body)
	}
}

// Every link from a page to another file of the repository, or to a heading, has a target.
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

// prose returns a page without its code blocks.
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

// anchors returns the anchors that GitHub gives to a page's headings: lower case, without
// punctuation, with hyphens for spaces, and with a number after an anchor that is taken.
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
