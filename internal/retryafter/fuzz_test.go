package retryafter

import (
	"net/http"
	"testing"
	"time"
)

func FuzzParse(f *testing.F) {
	for _, v := range []string{"", "0", "120", "-1", "1e3", "99999999999999999999", " 5 ", "5;", "Fri, 31 Dec 1999 23:59:59 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Fri, 31 Dec 9999 23:59:59 GMT", "٣", "0x10", "+3", "4.2", "4.", ".5", "1.2.3"} {
		f.Add(v)
	}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, v string) {
		d := Parse(http.Header{"Retry-After": {v}}, now)
		if d < 0 || d > Max {
			t.Errorf("%q: %s", v, d)
		}
		if len(v) < 4 && isDigits(v) && v != "" && d.Seconds() != float64(atoi(v)) {
			t.Errorf("%q: %s", v, d)
		}
	})
}

func atoi(s string) (n int) {
	for _, c := range s {
		n = 10*n + int(c-'0')
	}
	return n
}
