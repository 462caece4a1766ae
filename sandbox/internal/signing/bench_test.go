package signing

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"testing"
)

// The same signature by eight primes and, for comparison in the same run, by crypto/rsa with its
// two.
func BenchmarkSignature(b *testing.B) {
	two, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		b.Fatal(err)
	}
	s, err := newSigner(newPrivateKey())
	if err != nil {
		b.Fatal(err)
	}
	b.Run("primes=8", func(b *testing.B) {
		for b.Loop() {
			s.sign("claims")
		}
	})
	b.Run("crypto-rsa", func(b *testing.B) {
		sum := sha256.Sum256([]byte("claims"))
		for b.Loop() {
			if _, err := rsa.SignPKCS1v15(nil, two, crypto.SHA256, sum[:]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
