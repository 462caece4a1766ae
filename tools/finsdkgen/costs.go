package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// writeCosts measures what a program pays for each vendor, and writes it at the end of
// docs/coverage.md.
func writeCosts(root string, documents []string) error {
	name := filepath.Join(root, "docs", "coverage.md")
	page, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	page, _, _ = bytes.Cut(page, []byte("\n"+costsBegin))
	out := bytes.NewBuffer(page)
	fmt.Fprintf(out, "\n%s\n## What it costs\n\nModules beside the standard library, packages with it, and the stripped binary (%s, %s/%s) of a program that\nsends a "+
		"request by net/http alone, that only gets tokens, and that uses every call of a vendor's client.\n\n| Program | Modules | Packages | Binary |\n|---|---|---|---|\n",
		costsBegin, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if err := cost(root, out, "net/http alone", "import \"net/http\"\n\nfunc main() { println(http.Get(\"https://example.com\")) }\n"); err != nil {
		return err
	}
	for _, file := range documents {
		vendor := strings.TrimSuffix(path.Base(file), path.Ext(file))
		client, err := os.ReadFile(filepath.Join(root, vendor, "client.gen.go"))
		if err != nil {
			return err
		}
		calls := "NewClient(config)\n\tcalls = []any{"
		for _, m := range regexp.MustCompile(`(?m)^func \(c \*Client\) (\w+)\(ctx`).FindAllSubmatch(client, -1) {
			calls += "it." + string(m[1]) + ", "
		}
		for _, use := range [][2]string{{"tokens", "NewTokenSource(config)\n\tcalls = []any{it.Token"}, {"all calls", calls}} {
			program := fmt.Sprintf("import %q\n\nfunc main() {\n\tconfig, err := %s.ConfigFromEnv()\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\tit, err := %[2]s.%[3]s}\n\tprintln(err)\n}\n\nvar calls []any\n",
				module+"/"+vendor, vendor, use[1])
			if err := cost(root, out, vendor+", "+use[0], program); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}

// cost builds a program inside the module, and writes its row.
func cost(root string, out *bytes.Buffer, name, program string) error {
	dir, err := os.MkdirTemp(root, "cost")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\n"+program), 0o644); err != nil {
		return err
	}
	run := func(args ...string) (string, error) {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		out, err := cmd.Output()
		return string(out), err
	}
	if _, err := run("build", "-trimpath", "-ldflags=-s -w", "-o", "binary", "."); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	binary, err := os.Stat(filepath.Join(dir, "binary"))
	if err != nil {
		return err
	}
	listed, err := run("list", "-deps", "-f", "{{with .Module}}{{.Path}}{{else}}std{{end}}", ".")
	if err != nil {
		return err
	}
	packages := strings.Count(listed, "\n") - 1 // without the program itself
	modules := strings.Fields(strings.ReplaceAll(listed, "std\n", ""))
	slices.Sort(modules)
	modules = slices.Compact(modules)
	if len(modules) == 1 && !strings.Contains(program, module) {
		modules = nil
	}
	fmt.Fprintf(out, "| %s | %d | %d | %.1f MB |\n", name, len(modules), packages, float64(binary.Size())/1e6)
	return nil
}
