package reports_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/sandbox/internal/reports"
)

func TestBook_isBoundedInBytes(t *testing.T) {
	var b reports.Book
	text := strings.Repeat("x", 1<<20)
	for i := range 30 {
		b.Add("list", []any{map[string]any{"name": text}}, func() string { return strconv.Itoa(i) })
	}
	if b.Has("list", "0") || !b.Has("list", "29") {
		t.Errorf("it has the oldest: %t, and the newest: %t", b.Has("list", "0"), b.Has("list", "29"))
	}
}
