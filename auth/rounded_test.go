package auth

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestLog_roundsDurations(t *testing.T) {
	const odd = 123456789 * time.Nanosecond
	var out strings.Builder
	s := newSource(t, &mint{}, WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	s.report(t.Context(), Event{Kind: EventFailure, Duration: odd, RetryIn: 60*time.Second - 9606, ExpiresIn: 14*time.Minute + odd})
	for _, want := range []string{" duration=123ms ", " retry_in=1m0s ", " expires_in=14m0.1s\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
	out.Reset()
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "err", &Error{RetryAfter: 2*time.Second + odd})
	if !strings.Contains(out.String(), " err.retry_after=2.123s") {
		t.Errorf("got %s", out.String())
	}
	for d, want := range map[time.Duration]time.Duration{
		0: 0, 1234: time.Microsecond, -60*time.Second + 1: -60 * time.Second, 9*time.Second + 1: 9 * time.Second,
	} {
		if got := rounded(d); got != want {
			t.Errorf("%d became %s, want %s", d, got, want)
		}
	}
}
