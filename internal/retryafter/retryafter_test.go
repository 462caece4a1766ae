package retryafter

import (
	"net/http"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, c := range []struct {
		name, value, date string
		want              time.Duration
	}{
		{"seconds", "5", "", 5 * time.Second},
		{"seconds, whatever the date", "5", at(time.Hour), 5 * time.Second},
		{"a date", at(5 * time.Second), "", 5 * time.Second},
		{"a date by a clock that is ahead", at(2*time.Minute + 5*time.Second), at(2 * time.Minute), 5 * time.Second},
		{"a date by a clock that is behind", at(-2*time.Minute + 5*time.Second), at(-2 * time.Minute), 5 * time.Second},
		{"a date in the old form", "Sunday, 22-Nov-26 08:02:05 GMT", "Sun Nov 22 08:02:00 2026", 5 * time.Second},
		{"a date that is past by its own clock", at(2 * time.Minute), at(3 * time.Minute), 0},
		{"a date far from its own clock", at(9 * time.Hour), at(-time.Hour), time.Hour},
		{"a date beside a malformed one", at(5 * time.Second), "soon", 5 * time.Second},
		{"a fraction", "4.2", "", 5 * time.Second},
		{"a fraction of a second", "0.001", "", time.Second},
		{"a fraction of nothing", "4.000", "", 4 * time.Second},
		{"a fraction of the most", "3599.5", "", time.Hour},
		{"a fraction beyond the most", "3600.5", "", time.Hour},
		{"a fraction beyond int64", "99999999999999999999.5", "", time.Hour},
		{"no fraction", "4.", "", 0},
		{"no number", ".5", "", 0},
		{"two fractions", "1.2.3", "", 0},
		{"a negative fraction", "-4.2", "", 0},
		{"an exponent", "1e3", "", 0},
	} {
		h := http.Header{"Retry-After": {c.value}}
		if c.date != "" {
			h.Set("Date", c.date)
		}
		if got := Parse(h, now); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
