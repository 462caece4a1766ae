package jsondoc

import (
	"fmt"
	"slices"
	"strings"
)

// Suggestion says which of the known names may have been meant by another, or lists them.
func Suggestion(name string, known []string) string {
	best, least := "", max(3, len(name)/2+1) // farther is no misspelling
	for _, k := range known {
		if n := distance(strings.ToLower(name), k); n < least {
			best, least = k, n
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "there are " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
}

// distance returns how many bytes must be inserted, removed or replaced to get from a to b
// (Levenshtein). Names longer than any member's are far from everything.
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
