package signing

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"testing"
)

// RS256 has one right signature for a text, so crypto/rsa says what it is.
func TestSigner_agreesWithCryptoRSA(t *testing.T) {
	eight := newPrivateKey()
	two, err := rsa.GenerateKey(rand.Reader, keyBits) // what a state file of an earlier version holds
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]*rsa.PrivateKey{"eight primes": eight, "two primes": two} {
		t.Run(name, func(t *testing.T) {
			s, err := newSigner(key)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{"", "header.payload", rand.Text(), rand.Text(), rand.Text(), rand.Text()} {
				sum := sha256.Sum256([]byte(text))
				want, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
				if err != nil {
					t.Fatal(err)
				}
				if got := s.sign(text); !bytes.Equal(got, want) {
					t.Errorf("%q: %x, want %x", text, got, want)
				}
			}
		})
	}
}

func TestPrivateKey_survivesPKCS8(t *testing.T) {
	key := newPrivateKey()
	if key.N.BitLen() != 2048 || key.E != 65537 {
		t.Errorf("%d bits, exponent %d", key.N.BitLen(), key.E)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	back, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	if !key.Equal(back) {
		t.Error("another key came back")
	}
}

func TestSigner_refusesInvalidKeys(t *testing.T) {
	good := newPrivateKey()
	p := good.Primes
	for name, bad := range map[string]*rsa.PrivateKey{
		"the same prime twice": {PublicKey: good.PublicKey, D: good.D, Primes: append(p[:3:3], p[0])},
		"a prime short":        {PublicKey: good.PublicKey, D: good.D, Primes: p[:3]},
	} {
		if _, err := newSigner(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func BenchmarkNewPrivateKey(b *testing.B) {
	for b.Loop() {
		newPrivateKey()
	}
}
