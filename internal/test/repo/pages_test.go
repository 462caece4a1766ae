package repo

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A page names nothing that does not exist: no Go name, no target of make, no environment variable
// and no file. It need not be the right name, since only the words of a package are looked at.
func TestPagesNameWhatExists(t *testing.T) {
	words := make(map[string][]string) // of the files of a package
	for name, dir := range map[string]string{
		"finsdk": ".", "auth": "auth", "filestore": "auth/filestore", "redisstore": "auth/redisstore", "storetest": "auth/storetest", "sandbox": "sandbox",
		"finventi": "finventi", "finapi": "finapi", "onefinops": "onefinops", "fincalc": "fincalc", "vendortest": "internal/test/vendortest",
		"source": "auth", "vendors": "sandbox", "server": "sandbox", // variables
	} {
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			words[name] = append(words[name], regexp.MustCompile(`\w+`).FindAllString(readFile(t, file), -1)...)
		}
		slices.Sort(words[name])
	}
	has := func(pkg, word string) bool {
		_, found := slices.BinarySearch(words[pkg], word)
		return found
	}
	makefile := readFile(t, filepath.Join(root, "Makefile"))
	named := map[*regexp.Regexp]func(m []string) bool{
		regexp.MustCompile(`(?:^|[^\w./-])(\w+)\.([A-Z]\w*)`): func(m []string) bool { return words[m[1]] == nil || has(m[1], m[2]) },
		regexp.MustCompile(`(?:^|[^\w.])((?:With|Err|Event)[A-Z]\w*)`): func(m []string) bool {
			return m[1] == "WithResponse" || has("auth", m[1]) || has("finsdk", m[1]) || has("sandbox", m[1])
		},
		regexp.MustCompile(`(?m)(?:^|[ (])make((?: [a-z][a-z-]*)+)`): func(m []string) bool {
			for target := range strings.FieldsSeq(m[1]) {
				if !strings.Contains("\n"+makefile, "\n"+target+":") {
					return false
				}
			}
			return true
		},
		regexp.MustCompile(`\b(FINVENTI|FINAPI|ONEFINOPS|FINCALC)(_[A-Z_]*[A-Z])\b`): func(m []string) bool {
			return has(strings.ToLower(m[1]), strings.TrimSuffix(m[0], "_FILE"))
		},
		regexp.MustCompile(`(?m)^([\w.-]+/[\w./-]*\.(?:go|md|sh|yaml|json|mod))$`): func(m []string) bool {
			_, err := os.Stat(filepath.Join(root, filepath.FromSlash(m[1])))
			return err == nil || strings.Contains(m[1], "acme") // the made-up vendor's
		},
	}
	found := make(map[*regexp.Regexp]bool)
	for _, page := range pages(t) {
		for name, exists := range named {
			for _, m := range name.FindAllStringSubmatch(code(readFile(t, page)), -1) {
				if found[name] = true; !exists(m) {
					t.Errorf("%s: there is no %s", page, strings.TrimSpace(m[0]))
				}
			}
		}
	}
	if len(found) != len(named) {
		t.Errorf("the pages have names of %d kinds, want %d", len(found), len(named))
	}
}

// code returns the code of a page: its blocks, and on lines of their own what stands in backquotes.
func code(page string) string {
	var b strings.Builder
	block := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			block = !block
			continue
		}
		for i, part := range strings.Split(line, "`") {
			if block {
				b.WriteString(part)
			} else if i%2 == 1 {
				b.WriteString(part + "\n")
			}
		}
	}
	return b.String()
}

// The page quotes texts of the SDK's own errors as the code has them.
func TestTroubleshootingQuotesTheSDK(t *testing.T) {
	_, section, ok := strings.Cut(readFile(t, troubleshooting), "\n## Any vendor\n")
	section, _, ends := strings.Cut(section, "\n## ")
	quotes := regexp.MustCompile(`"([A-Z][^"]+)"`).FindAllStringSubmatch(strings.Join(strings.Fields(section), " "), -1)
	if !ok || !ends || len(quotes) < 4 {
		t.Fatalf("%d quotes were found", len(quotes))
	}
	for _, m := range quotes {
		text := strings.ToLower(m[1][:1]) + m[1][1:]
		if !mentions(t, "auth", text) && !mentions(t, "auth", m[1]) && !mentions(t, "internal/origin", text) && !mentions(t, "internal/wire", text) {
			t.Errorf("no error says %q", m[1])
		}
	}
}
