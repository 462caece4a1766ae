package signing

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
)

const (
	keyBits   = 2048
	keyPrimes = 4
	exponent  = 65537
)

// newPrivateKey makes an RSA key of four primes, RFC 8017 section 3.2. What is published of it, and the signatures, are
// those of any other; but making it, and signing with it, take a fraction of what two primes of twice the length do.
func newPrivateKey() (*rsa.PrivateKey, error) {
	one := big.NewInt(1)
	for {
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: big.NewInt(1), E: exponent}}
		totient := big.NewInt(1)
		for range keyPrimes {
			p, err := rand.Prime(rand.Reader, keyBits/keyPrimes)
			if err != nil {
				return nil, err
			}
			key.Primes = append(key.Primes, p)
			key.N.Mul(key.N, p)
			totient.Mul(totient, new(big.Int).Sub(p, one))
		}
		key.D = new(big.Int).ModInverse(big.NewInt(exponent), totient)
		if key.D == nil || key.N.BitLen() != keyBits {
			continue
		}
		key.Precompute()
		if err := key.Validate(); err != nil {
			return nil, fmt.Errorf("a new key: %w", err)
		}
		return key, nil
	}
}

// signer makes RS256 signatures, RFC 8017 section 8.2.1, with any number of primes; crypto/rsa is quick for two only.
//
// The time that it takes depends on the key. A sandbox can afford that: its keys are made for the day, and whoever
// reaches it gets tokens by asking.
type signer struct {
	size  int // of a signature, in bytes
	parts []residue
}

// residue is what one prime adds, as in RFC 8017 section 3.2: the exponent modulo prime-1, the product of the primes
// before it, and that product's inverse modulo prime.
type residue struct {
	prime, exponent, product, inverse *big.Int
}

func newSigner(key *rsa.PrivateKey) (*signer, error) {
	s := &signer{size: key.Size()}
	product := big.NewInt(1)
	for _, p := range key.Primes {
		r := residue{prime: p, product: new(big.Int).Set(product)}
		r.exponent = new(big.Int).Mod(key.D, new(big.Int).Sub(p, big.NewInt(1)))
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

// digestInfo is what stands before a SHA-256 in a signature, RFC 8017 section 9.2, note 1.
var digestInfo = []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}

func (s *signer) sign(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	tail := len(digestInfo) + len(sum)
	block := make([]byte, s.size)
	block[1] = 1
	for i := 2; i < s.size-tail-1; i++ {
		block[i] = 0xff
	}
	copy(block[s.size-tail:], digestInfo)
	copy(block[s.size-len(sum):], sum[:])

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
