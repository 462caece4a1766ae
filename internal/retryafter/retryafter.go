// Package retryafter reads the Retry-After header.
package retryafter

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Max is the longest wait that Parse returns. Longer waits are cut to Max.
const Max = time.Hour

// Parse reads the Retry-After header, in seconds or as a date (RFC 9110 section 10.2.3), and
// returns how long to wait, at most [Max]. It returns 0 if the header is absent, malformed or in
// the past. A date counts from the answer's own Date, or from now if the answer has no Date. Parse
// rounds fractions up.
func Parse(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if whole, fraction, ok := strings.Cut(v, "."); isDigits(whole) && (isDigits(fraction) || !ok) {
		n, err := strconv.ParseInt(whole, 10, 64)
		if err != nil || n >= int64(Max/time.Second) {
			return Max
		}
		if strings.Trim(fraction, "0") != "" {
			n++
		}
		return time.Duration(n) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), Max)
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
