package signing

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"io"
	"math/big"
)

const (
	keyBits   = 2048
	keyPrimes = 8
	exponent  = 65537
)

var one = big.NewInt(1)

// newPrivateKey makes an RSA key of eight primes (RFC 8017 section 3.2). Its public key and its
// signatures are like any other's, but making it takes a few milliseconds, so that every sandbox
// can have its own.
func newPrivateKey() *rsa.PrivateKey {
	for {
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: big.NewInt(1), E: exponent}}
		totient := big.NewInt(1)
		for range keyPrimes {
			p := newPrime(keyBits / keyPrimes)
			key.Primes = append(key.Primes, p)
			key.N.Mul(key.N, p)
			totient.Mul(totient, new(big.Int).Sub(p, one))
		}
		if key.D = new(big.Int).ModInverse(big.NewInt(exponent), totient); key.D != nil {
			return key
		}
	}
}

// newPrime returns a random prime. Its four highest bits are set, so that the product of eight such
// primes has no fewer bits than they have together. rand.Prime would set two, and take longer: it
// expects candidates that an adversary chose.
func newPrime(bits int) *big.Int {
	candidate := make([]byte, bits/8)
	for {
		_, _ = rand.Read(candidate) // never fails
		candidate[0] |= 0xf0
		candidate[len(candidate)-1] |= 1
		if p := new(big.Int).SetBytes(candidate); p.ProbablyPrime(0) {
			return p
		}
	}
}

// signer makes RS256 signatures (RFC 8017 section 8.2.1) with any number of primes; crypto/rsa is
// fast for two only.
//
// Its running time depends on the key. For a sandbox that is acceptable: its keys are short-lived,
// and anybody who reaches it can get tokens by asking.
type signer struct {
	public *rsa.PublicKey
	parts  []residue
}

// residue is the part of one prime, as in RFC 8017 section 3.2: the exponent modulo prime-1, the
// product of the primes before it, and that product's inverse modulo prime.
type residue struct {
	prime, exponent, product, inverse *big.Int
}

func newSigner(key *rsa.PrivateKey) (*signer, error) {
	s := &signer{public: &key.PublicKey}
	product := big.NewInt(1)
	for _, p := range key.Primes {
		r := residue{prime: p, product: new(big.Int).Set(product)}
		r.exponent = new(big.Int).Mod(key.D, new(big.Int).Sub(p, one))
		if r.inverse = new(big.Int).ModInverse(product, p); r.inverse == nil {
			return nil, errors.New("a key has the same prime twice")
		}
		s.parts = append(s.parts, r)
		product.Mul(product, p)
	}
	if product.Cmp(key.N) != 0 {
		return nil, errors.New("a key's primes do not make its modulus")
	}
	return s, nil
}

// Public and Sign make a signer a [crypto.Signer] for SHA-256, which a certificate is signed with.
func (s *signer) Public() crypto.PublicKey { return s.public }

func (s *signer) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	return s.signDigest(digest), nil
}

func (s *signer) sign(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return s.signDigest(sum[:])
}

// digestInfo is what stands before a SHA-256 in a signature, RFC 8017 section 9.2, note 1.
var digestInfo = []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}

func (s *signer) signDigest(sum []byte) []byte {
	tail := len(digestInfo) + len(sum)
	block := make([]byte, s.public.Size())
	block[1] = 1
	for i := 2; i < len(block)-tail-1; i++ {
		block[i] = 0xff
	}
	copy(block[len(block)-tail:], digestInfo)
	copy(block[len(block)-len(sum):], sum)

	message, signature := new(big.Int).SetBytes(block), new(big.Int)
	for _, r := range s.parts {
		h := new(big.Int).Exp(message, r.exponent, r.prime)
		h.Sub(h, signature)
		h.Mul(h, r.inverse)
		h.Mod(h, r.prime)
		signature.Add(signature, h.Mul(h, r.product))
	}
	return signature.FillBytes(block)
}
