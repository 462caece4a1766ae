package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/bench/internal/work"
)

func parts() []Part {
	return []Part{{
		Table: work.Table{
			Title:   "A kind of work",
			About:   "What it is.",
			Columns: []string{"", "time"},
			Rows:    [][]string{{"ours", "1 ns"}, {"theirs", "2 ns"}},
			Checks: []work.Check{
				{Name: "first", Got: "1", Target: "at most 1", Met: true, OK: true},
				{Name: "second", Got: "2", Target: "at most 1", OK: true, Why: "of this"},
				{Name: "near", Got: "1.1", Target: "at most 1", Near: true, OK: true},
				{Name: "third", Got: "3", Target: "at most 1"},
			},
		},
		Picture: "picture.svg",
		Alt:     "what it shows",
	}}
}

func TestPage_saysWhatIsMetAndWhatIsMissed(t *testing.T) {
	var out bytes.Buffer
	m := Machine{Date: "2026-11-28", Processor: "a processor", Cores: 2, Load: "0.5", Modules: []string{"example.com/peer v1.2.3"}}
	if err := Page(&out, m, "make bench-report", parts()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| Processor | a processor, 2 cores; load average at the start 0.5 |", "example.com/peer v1.2.3",
		"| first | 1 | at most 1 | met |", "| second | 2 | at most 1 | missed |", "| near | 1.1 | at most 1 | missed, within the noise |", "| third | 3 | at most 1 | **missed by more than is known** |",
		"- second: of this.", "## A kind of work", "![what it shows](picture.svg)", "|  | time |\n|---|---|\n| ours | 1 ns |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "- third") {
		t.Error("the page explains what has no explanation")
	}
}

func TestText_alignsItsColumns(t *testing.T) {
	var out bytes.Buffer
	Text(&out, parts()[0].Table)
	var at []int
	for line := range strings.Lines(out.String()) {
		for _, cell := range []string{"time", "1 ns", "2 ns"} {
			if i := strings.Index(line, cell); i > 0 {
				at = append(at, i)
			}
		}
	}
	if len(at) != 3 || at[0] != at[1] || at[1] != at[2] {
		t.Errorf("the second column begins at %v:\n%s", at, &out)
	}
}

func TestThisMachine_namesProcessorAndVersion(t *testing.T) {
	if m := ThisMachine(nil); m.Processor == "" || !strings.HasPrefix(m.Go, "go") || m.Cores < 1 || len(m.Date) != len("2026-11-28") {
		t.Errorf("%+v", m)
	}
}
