package agreement

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A Reason allows a difference between the answers of Keycloak and of the sandbox.
type Reason struct {
	// What describes the difference.
	What string
	// Cases are the names it is allowed in, with the wildcards of path.Match.
	Cases []string
	// Versions are the Keycloaks that the difference is allowed for; empty means all.
	Versions []string
	// Pattern matches the whole of each difference, as table.Differences words it.
	Pattern string
	// Why says why the sandbox keeps the difference.
	Why string
}

func (r Reason) allows(version, name, difference string) bool {
	return r.isFor(version) &&
		slices.ContainsFunc(r.Cases, func(pattern string) bool { return matches(pattern, name) }) &&
		regexp.MustCompile(`^(?s:`+r.Pattern+`)$`).MatchString(difference)
}

func (r Reason) isFor(version string) bool {
	return r.Versions == nil || slices.Contains(r.Versions, version)
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// A Comparison is one case that was sent to both Keycloak and the sandbox.
type Comparison struct {
	Version     string
	Case        string
	Differences []string
}

// Tally is the result of applying Reasons to comparisons.
type Tally struct {
	Agree, All map[string]int // by version
	Unlisted   []string       // differences that no reason allows
	Idle       []string       // reasons that no longer allow anything
	// Cases are the names of those that each reason is for, in the order of the reasons.
	Cases [][]string
}

// Count applies reasons to comparisons. It ignores a reason's versions that were not compared.
func Count(comparisons []Comparison, reasons []Reason) Tally {
	t := Tally{Agree: map[string]int{}, All: map[string]int{}, Cases: make([][]string, len(reasons))}
	type use struct {
		reason  int
		pattern string
	}
	used := map[use]bool{}
	for _, c := range comparisons {
		t.All[c.Version]++
		if len(c.Differences) == 0 {
			t.Agree[c.Version]++
		}
		for _, difference := range c.Differences {
			listed := false
			for i, r := range reasons {
				if !r.allows(c.Version, c.Case, difference) {
					continue
				}
				listed = true
				if !slices.Contains(t.Cases[i], c.Case) {
					t.Cases[i] = append(t.Cases[i], c.Case)
				}
				for _, pattern := range r.Cases {
					if matches(pattern, c.Case) {
						used[use{i, pattern}] = true
					}
				}
			}
			if !listed {
				t.Unlisted = append(t.Unlisted, fmt.Sprintf("%s: %s: %s", c.Version, c.Case, difference))
			}
		}
	}
	for i, r := range reasons {
		if len(r.Versions) > 0 && !slices.ContainsFunc(r.Versions, func(v string) bool { return t.All[v] > 0 }) {
			continue
		}
		for _, pattern := range r.Cases {
			if !used[use{i, pattern}] {
				t.Idle = append(t.Idle, fmt.Sprintf("%s (%s)", r.What, pattern))
			}
		}
	}
	return t
}

// Markdown is a table of the reasons that allow something, each with its cases.
func (t Tally) Markdown(reasons []Reason) string {
	var b strings.Builder
	b.WriteString("| What differs | Where | Why it is so |\n|---|---|---|\n")
	for i, r := range reasons {
		const most = 6
		where := strings.Join(t.Cases[i], ", ")
		if n := len(t.Cases[i]); n > most {
			where = fmt.Sprintf("%d cases: %s", n, strings.Join(r.Cases, ", "))
		}
		if len(r.Versions) > 0 {
			where += "; only " + strings.Join(r.Versions, ", ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.What, where, r.Why)
	}
	return b.String()
}
