package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// costsBegin begins the page's last part, with the costs. They are measured, so generating keeps
// them.
const costsBegin = "<!-- Measured by make coverage-costs. -->\n"

// notCovered is one entry of a document's x-not-covered.
type notCovered struct {
	Call string `json:"call"`
	Why  string `json:"why"`
}

// writeCoverage adds docs/coverage.md beside the vendors' packages: each operation of their
// documents, and the calls that the vendors document but the documents do not have.
func writeCoverage(root string, vendors []*vendor, files map[string][]byte) error {
	byBase := make(map[string][]*vendor)
	for _, v := range vendors {
		if v.wiring != nil {
			byBase[v.base] = append(byBase[v.base], v)
		}
	}
	for base, vendors := range byBase {
		var out strings.Builder
		out.WriteString("# Coverage\n\nWritten by `make generate` from the documents under `specs`. Each call is a method of the vendor's `Client`; the same name\n" +
			"with `WithResponse` returns the whole answer. *Full*: the vendor's page shows all of the request and the answer. *In part*: members\n" +
			"that the page does not show are left open, and the method's documentation in `gen` says which. *Own*: no operation of the vendor's,\n" +
			"but one of this project's sandbox.\n")
		for _, v := range vendors {
			if err := v.coverage(&out); err != nil {
				return fmt.Errorf("%s: %w", v.file, err)
			}
		}
		name := path.Join(base, "docs", "coverage.md")
		before, err := os.ReadFile(filepath.Join(root, name))
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		if _, costs, ok := bytes.Cut(before, []byte(costsBegin)); ok {
			out.WriteString("\n" + costsBegin + string(costs))
		}
		files[name] = []byte(out.String())
	}
	return nil
}

var requestLine = regexp.MustCompile(`^[A-Z]+ /\S+`)

func (v *vendor) coverage(out *strings.Builder) error {
	calls := v.calls()
	count := make(map[string]int)
	for _, op := range calls {
		count[op.Known]++
	}
	fmt.Fprintf(out, "\n## %s\n\n", v.wiring.Title)
	var parts []string
	for _, kind := range []struct{ known, text string }{{"", "in full"}, {"partly", "in part"}, {"own", "of this project's own"}} {
		if n := count[kind.known]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kind.text))
		}
	}
	noun := "calls"
	if len(calls) == 1 {
		noun = "call"
	}
	fmt.Fprintf(out, "%d %s: %s.\n\n| Go | Request | Known |\n|---|---|---|\n", len(calls), noun, strings.Join(parts, ", "))
	slices.SortFunc(calls, func(a, b *operation) int {
		return strings.Compare(a.Product+a.Path+a.Method, b.Product+b.Path+b.Method)
	})
	for _, op := range calls {
		known := map[string]string{"": "full", "partly": "in part", "own": "own"}[op.Known]
		request := "`" + op.Method + " " + op.Path + "`"
		if op.Product != "" {
			request += " of " + op.Product
		}
		names := "`" + goName(op.OperationID) + "`"
		if op.Paging != nil {
			names += ", `" + op.pages() + "`"
		}
		fmt.Fprintf(out, "| %s | %s | %s |\n", names, request, known)
	}
	var missing []notCovered
	if err := extension(v.doc.Extensions, "x-not-covered", &missing); err != nil {
		return err
	}
	if len(missing) == 0 {
		return nil
	}
	out.WriteString("\n| Documented by the vendor, and not here | Why |\n|---|---|\n")
	for _, one := range missing {
		call := requestLine.ReplaceAllString(one.Call, "`$0`")
		fmt.Fprintf(out, "| %s | %s |\n", call, strings.Join(strings.Fields(one.Why), " "))
	}
	return nil
}
