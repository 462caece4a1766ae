package exercises

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// root is the repository, as seen from here.
var root = filepath.Join("..", "..")

// tree is a copy of the repository.
type tree struct {
	t   *testing.T
	dir string
}

// copyTree copies the files that git has or would take up.
func copyTree(t *testing.T) tree {
	t.Helper()
	list, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	dir := t.TempDir()
	for _, name := range strings.Split(strings.Trim(string(list), "\x00"), "\x00") {
		from, to := filepath.Join(root, name), filepath.Join(dir, name)
		info, err := os.Stat(from)
		if os.IsNotExist(err) {
			continue // removed, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(to), 0o755)
		}
		if err == nil {
			err = os.WriteFile(to, text, info.Mode().Perm())
		}
		if err == nil {
			err = os.Chtimes(to, time.Time{}, info.ModTime()) // for make
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return tree{t, dir}
}

// linkTools lets the copy have what make has installed in the repository: Prism and Schemathesis.
func (c tree) linkTools() {
	c.t.Helper()
	for _, name := range []string{"interop/prism/node_modules", "interop/schemathesis/.cache"} {
		from, err := filepath.Abs(filepath.Join(root, name))
		if err == nil {
			err = os.Symlink(from, filepath.Join(c.dir, name))
		}
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

// run runs a command in a directory of the copy, and returns what it printed.
func (c tree) run(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = filepath.Join(c.dir, dir)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// must runs a command, and fails the test if the command fails.
func (c tree) must(dir, name string, args ...string) {
	c.t.Helper()
	began, command := time.Now(), name+" "+strings.Join(args, " ")
	if out, err := c.run(dir, name, args...); err != nil {
		c.t.Errorf("%s: %v\n%s", command, err, tail(out))
	}
	c.t.Logf("%s: %.0f s", command, time.Since(began).Seconds())
}

// tail is the end of a long text, after the first lines of it that tell of a failure.
func tail(text string) string {
	const most = 6000
	if len(text) <= most {
		return text
	}
	var failures []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, "FAIL") && len(failures) < 30 {
			failures = append(failures, line)
		}
	}
	return strings.Join(failures, "") + "…" + text[len(text)-most:]
}

// vendors lists the vendors by their documents.
func (c tree) vendors() []string {
	c.t.Helper()
	files, err := filepath.Glob(filepath.Join(c.dir, "specs", "*.yaml"))
	if err != nil || len(files) == 0 {
		c.t.Fatalf("no documents: %v", err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".yaml"))
	}
	return names
}

// edit changes a vendor's document.
func (c tree) edit(vendor string, change func(document)) {
	c.t.Helper()
	path := filepath.Join(c.dir, "specs", vendor+".yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		c.t.Fatal(err)
	}
	change(document{c.t, doc.Content[0]})
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// files returns the contents of all files below a directory of the copy.
func (c tree) files(dir string) map[string]string {
	c.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(filepath.Join(c.dir, dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

// restore writes files back.
func (c tree) restore(files map[string]string) {
	c.t.Helper()
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			c.t.Fatal(err)
		}
	}
}
