//go:build unix

package sandbox

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"syscall"
	"testing"
)

// CPU runs a benchmark and reports its processor time as "cpu-µs/op": what the process spent, however busy the machine is.
func CPU(b *testing.B, run func()) {
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

// The same signature by four primes and, for comparison in the same run, by crypto/rsa with its two.
func BenchmarkSignature(b *testing.B) {
	four, err := newPrivateKey()
	if err != nil {
		b.Fatal(err)
	}
	two, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		b.Fatal(err)
	}
	s, err := newSigner(four)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("primes=4", func(b *testing.B) {
		CPU(b, func() { s.sign("claims") })
	})
	b.Run("crypto-rsa", func(b *testing.B) {
		sum := sha256.Sum256([]byte("claims"))
		CPU(b, func() {
			if _, err := rsa.SignPKCS1v15(nil, two, crypto.SHA256, sum[:]); err != nil {
				b.Fatal(err)
			}
		})
	})
}
