// Package report writes what was measured as a page and as text.
package report

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/work"
)

// A Part is a part of the page.
type Part struct {
	Table   work.Table
	Picture string // the file's name; may be empty
	Alt     string
}

// A Machine is where the figures are from.
type Machine struct {
	Date, Processor, System, Go string
	Cores                       int
	Load                        string   // what else ran, or ""
	Modules                     []string // path and version
}

// ThisMachine describes this machine and the versions of the given modules in this program.
func ThisMachine(modules []string) Machine {
	m := Machine{Date: time.Now().UTC().Format("2006-01-02"), Processor: "unknown", System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Cores: runtime.NumCPU()}
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if name, ok := strings.CutPrefix(lines.Text(), "model name"); ok {
				m.Processor = strings.TrimLeft(name, "\t :")
				break
			}
		}
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _, _ = strings.Cut(string(text), " ")
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if slices.Contains(modules, d.Path) && d.Replace == nil {
				m.Modules = append(m.Modules, d.Path+" "+d.Version)
			}
		}
	}
	return m
}

// Page writes the page.
func Page(w io.Writer, m Machine, command string, parts []Part) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, `# Benchmarks

<!-- Written by make bench-report. -->

What this SDK costs and does, beside what a service could use instead. All of it was measured in one run of `+"`%s`"+`
on %s. The libraries run with their defaults. Their rounds interleave, so that what else the machine does falls on all
alike: compare ratios, not nanoseconds. A ratio is the median of the rounds' ratios, with the quartiles in parentheses. On one core the
time is the processor time of the process. Requests, allocations and stalls are counts, and exact.

| | |
|---|---|
`, command, m.Date)
	fmt.Fprintf(b, "| Processor | %s, %d cores", m.Processor, m.Cores)
	if m.Load != "" {
		fmt.Fprintf(b, "; load average at the start %s", m.Load)
	}
	fmt.Fprintf(b, " |\n| System | %s, %s |\n", m.System, m.Go)
	for _, module := range m.Modules {
		fmt.Fprintf(b, "| | %s |\n", module)
	}
	fmt.Fprintf(b, "\n## Targets\n\n`make bench-check` measures the first parts again. It fails if a count is over its target, or a ratio by more than the noise of that run.\n\n")
	fmt.Fprintf(b, "| | measured | target | |\n|---|---|---|---|\n")
	for _, p := range parts {
		for _, c := range p.Table.Checks {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", c.Name, c.Got, c.Target, state(c))
		}
	}
	missed := &strings.Builder{}
	for _, p := range parts {
		for _, c := range p.Table.Checks {
			if !c.Met && c.Why != "" {
				fmt.Fprintf(missed, "- %s: %s.\n", c.Name, c.Why)
			}
		}
	}
	if missed.Len() > 0 {
		fmt.Fprintf(b, "\nWhat stands in the way of those that are missed:\n\n%s", missed)
	}
	for _, p := range parts {
		fmt.Fprintf(b, "\n## %s\n\n%s\n", p.Table.Title, p.Table.About)
		if p.Picture != "" {
			fmt.Fprintf(b, "\n![%s](%s)\n", p.Alt, p.Picture)
		}
		fmt.Fprintf(b, "\n| %s |\n|%s\n", strings.Join(p.Table.Columns, " | "), strings.Repeat("---|", len(p.Table.Columns)))
		for _, row := range p.Table.Rows {
			fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func state(c work.Check) string {
	switch {
	case c.Met:
		return "met"
	case c.Near:
		return "missed, within the noise"
	case c.OK:
		return "missed"
	}
	return "**missed by more than is known**"
}

// Text writes a table and its checks for a terminal.
func Text(w io.Writer, t work.Table) {
	fmt.Fprintf(w, "\n%s\n\n", t.Title)
	widths := make([]int, len(t.Columns))
	rows := append([][]string{t.Columns}, t.Rows...)
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			fmt.Fprintf(w, "  %-*s", widths[i], cell)
		}
		fmt.Fprintln(w)
	}
	for _, c := range t.Checks {
		fmt.Fprintf(w, "  %s: %s, %s: %s\n", c.Name, c.Got, c.Target, strings.Trim(state(c), "*"))
	}
}
