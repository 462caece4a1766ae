//go:build unix

package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/finsdk/finsdk-go/sandbox"
)

// These are whole token requests, handler to answer; BenchmarkSignature of package signing has the
// largest part of them, the RS256 signature.

// measure runs a benchmark and reports its processor time as "cpu-µs/op": what the process spent,
// however busy the machine is.
func measure(b *testing.B, run func()) {
	b.Helper()
	used := func() float64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return float64(u.Utime.Nano() + u.Stime.Nano())
	}
	run() // makes what is made once
	b.ReportAllocs()
	b.ResetTimer()
	before := used()
	for range b.N {
		run()
	}
	b.ReportMetric((used()-before)/1e3/float64(b.N), "cpu-µs/op")
}

func unlimited() []sandbox.Option {
	return []sandbox.Option{
		sandbox.WithLimit(sandbox.OneFinOps, sandbox.TokenEndpoint, sandbox.Limit{}),
		sandbox.WithLimit(sandbox.FinCalc, sandbox.TokenEndpoint, sandbox.Limit{}),
	}
}

func benchmarkToken(b *testing.B, path, contentType, body string, opts ...sandbox.Option) {
	b.Helper()
	s := sandbox.New(append(unlimited(), opts...)...)
	measure(b, func() {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	})
}

func BenchmarkTokenFinventi(b *testing.B) {
	benchmarkToken(b, finventiToken, formType, form("grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti"))
}

func BenchmarkTokenFinAPI(b *testing.B) {
	benchmarkToken(b, finapiToken, formType, form("grant_type", "password", "client_id", "demobank-cli", "username", "anna", "password", "pw-anna"))
}

func BenchmarkTokenOneFinOps(b *testing.B) {
	benchmarkToken(b, onefinopsToken, formType, form("grant_type", "client_credentials", "client_id", "ofin_test_abc", "client_secret", "s3cr3t-ofin-test"))
}

func BenchmarkTokenFinCalc(b *testing.B) {
	benchmarkToken(b, fincalcToken, "application/json", fincalcRequest)
}

// BenchmarkTokenKept adds every token to the state file, which holds so many others.
func BenchmarkTokenKept(b *testing.B) {
	for _, live := range []int{0, 2500} {
		b.Run(fmt.Sprintf("live=%d", live), func(b *testing.B) {
			clock := newClock()
			benchmarkToken(b, finventiToken, formType, form("grant_type", "client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti"),
				sandbox.WithClock(clock.Now), sandbox.WithStateFile(sized(b, clock, live)))
		})
	}
}
