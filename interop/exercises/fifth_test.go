package exercises

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The commands of docs/adding-a-vendor.md, one after another, add a vendor.
func TestFifthVendor(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "adding-a-vendor.md"))
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(string(page), -1)
	if len(commands) != 3 {
		t.Fatalf("the page has %d blocks of commands, want one for each of its three steps", len(commands))
	}
	c := copyTree(t)
	before := c.files(".")
	for _, block := range commands {
		if out, err := c.run(".", "sh", "-e", "-c", block[1]); err != nil {
			t.Fatalf("%s%v\n%s", block[1], err, tail(out))
		}
	}

	var edited []string
	for path, text := range c.files(".") {
		name, err := filepath.Rel(c.dir, path)
		if err != nil {
			t.Fatal(err)
		}
		old, existed := before[path]
		if text == old && existed {
			continue
		}
		switch name = filepath.ToSlash(name); {
		case strings.HasPrefix(name, "acme/"), strings.HasPrefix(name, "gen/acme/"), name == "specs/acme.yaml":
		// The generate line, and the pages that are generated.
		case name == "tools.go", name == "README.md", name == "docs/coverage.md":
		default:
			edited = append(edited, name)
		}
	}
	if len(edited) > 0 {
		t.Errorf("a fifth vendor also changes %s", strings.Join(edited, ", "))
	}

	lines := 0
	for path, text := range c.files("acme") {
		if !strings.HasSuffix(path, ".gen.go") && !strings.HasSuffix(path, "_test.go") {
			lines += strings.Count(text, "\n")
		}
	}
	if lines == 0 || lines > 60 {
		t.Errorf("the package has %d hand-written lines without tests, want at most 60", lines)
	}
	c.must(".", "go", "vet", "./acme", "./gen/acme/...")
}
