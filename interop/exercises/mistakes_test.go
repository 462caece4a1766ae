package exercises

import (
	"maps"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// Mistakes in a document end in one line that names it, and nothing is written.
func TestMistakesInADocumentAreOneLine(t *testing.T) {
	t.Parallel()
	const vendor = "onefinops"
	c := copyTree(t)
	before, documents := c.files("gen"), c.files("specs")
	for name, tt := range map[string]struct {
		change func(document)
		says   []string
	}{
		"member without a name in Go": {func(d document) {
			d.answer("№", "{type: string, description: Made up.}", "x", false)
		}, []string{"№", "Go"}},
		"members with one name in Go": {func(d document) {
			d.answer("risk-level", "{type: string, description: Made up.}", "x", false)
			d.answer("risk_level", "{type: string, description: Made up.}", "x", false)
		}, []string{"risk-level", "risk_level", "Go"}},
		"example against its schema": {func(d document) {
			d.answer("level", "{type: integer, description: Made up.}", "high", true)
		}, []string{"level", "integer"}},
		"example without a required member": {func(d document) {
			d.request("channel", "{type: string, description: Made up.}", "", true)
		}, []string{"channel", "missing"}},
		"curl that no example matches": {func(d document) {
			d.curls(func(text string) string { return strings.TrimRight(text, "\n") + " \\\n  -d 'channel=api'\n" })
		}, []string{"curl", "no example"}},
		"second token operation": {func(d document) {
			again := *d.token()
			again.Content = append([]*yaml.Node(nil), again.Content...)
			d.set(&again, "operationId", d.node("IssueTokenAgain"))
			d.set(d.must(d.root, "paths"), "/again", &yaml.Node{Kind: yaml.MappingNode,
				Content: []*yaml.Node{d.node("post"), &again}})
		}, []string{"second token operation", "IssueTokenAgain"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := tree{t, c.dir}
			c.edit(vendor, tt.change)
			out, err := c.run(".", "go", "generate", ".")
			c.restore(documents)
			lines := strings.Split(strings.TrimSpace(out), "\n")
			// The go command adds two lines of its own.
			if err == nil || len(lines) != 3 || !strings.HasPrefix(lines[0], "specs/"+vendor+".yaml: ") {
				t.Fatalf("%v, want one line that begins with the document:\n%s", err, out)
			}
			for _, want := range tt.says {
				if !strings.Contains(lines[0], want) {
					t.Errorf("got %s\nwant %q in it", lines[0], want)
				}
			}
			if !maps.Equal(before, c.files("gen")) {
				t.Error("files under gen were written")
			}
		})
	}
}

// A required member that is not a constant needs a field of Config. If there is none, the compiler
// names it once.
func TestNewRequiredMemberIsOneCompileError(t *testing.T) {
	t.Parallel()
	c := copyTree(t)
	for _, vendor := range c.vendors() {
		c.edit(vendor, func(d document) {
			d.request("branch_code", "{type: string, description: Made up.}", "b-1", true)
		})
	}
	c.must(".", "go", "generate", ".")
	for _, vendor := range c.vendors() {
		out, err := c.run(".", "go", "build", "./"+vendor)
		var lines []string
		for line := range strings.Lines(out) {
			if !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
		if err == nil || len(lines) != 1 || !strings.Contains(lines[0], "BranchCode") || !strings.Contains(lines[0], "Config") {
			t.Errorf("%s: %v, want one line with Config's missing field BranchCode:\n%s", vendor, err, out)
		}
	}
}
