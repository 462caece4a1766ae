package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// signingKey is an RSA key with what is published of it.
type signingKey struct {
	id          string
	private     *rsa.PrivateKey
	signer      *signer
	certificate []byte // self-signed, DER
	header      string // of the tokens that it signs, base64url
}

func newSigningKey() (*signingKey, error) {
	private, err := newPrivateKey()
	if err != nil {
		return nil, err
	}
	// Valid for all time that the clock may be moved to.
	template := x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "sandbox"},
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		return nil, err
	}
	return assembleKey(private, certificate)
}

func assembleKey(private *rsa.PrivateKey, certificate []byte) (*signingKey, error) {
	signer, err := newSigner(private)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(&private.PublicKey))
	id := base64.RawURLEncoding.EncodeToString(sum[:])
	// Keycloak's own spacing, so that tokens begin as the vendors' pages show them.
	header := fmt.Sprintf(`{"alg":"RS256","typ" : "JWT","kid" : %q}`, id)
	return &signingKey{id: id, private: private, signer: signer, certificate: certificate, header: base64.RawURLEncoding.EncodeToString([]byte(header))}, nil
}

// sign makes a JWT, RFC 7519, with RS256.
func (k *signingKey) sign(claims object) (string, error) { return k.signWith(k.header, claims) }

// plainHeader names no key.
var plainHeader = base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"RS256"}`))

// signPlain is sign without the key's name.
func (k *signingKey) signPlain(claims object) (string, error) { return k.signWith(plainHeader, claims) }

func (k *signingKey) signWith(header string, claims object) (string, error) {
	payload, err := claims.MarshalJSON()
	if err != nil {
		return "", err
	}
	text := header + "." + base64.RawURLEncoding.EncodeToString(payload)
	return text + "." + base64.RawURLEncoding.EncodeToString(k.signer.sign(text)), nil
}

// published is the key as a JSON Web Key, RFC 7517, with Keycloak's members.
func (k *signingKey) published() object {
	public := &k.private.PublicKey
	// RFC 7517 section 4.8 asks for this very hash.
	thumb1, thumb256 := sha1.Sum(k.certificate), sha256.Sum256(k.certificate)
	return object{
		{"kid", k.id},
		{"kty", "RSA"},
		{"alg", "RS256"},
		{"use", "sig"},
		{"x5c", []string{base64.StdEncoding.EncodeToString(k.certificate)}},
		{"x5t", base64.RawURLEncoding.EncodeToString(thumb1[:])},
		{"x5t#S256", base64.RawURLEncoding.EncodeToString(thumb256[:])},
		{"n", base64.RawURLEncoding.EncodeToString(public.N.Bytes())},
		{"e", base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes())},
	}
}

// Making a key takes a good part of a second, so a process makes one a vendor, when the vendor is first asked for a
// token, and every Server starts with it.
var firstKeys = func() map[Vendor]func() (*signingKey, error) {
	keys := map[Vendor]func() (*signingKey, error){}
	for _, v := range Vendors() {
		keys[v] = sync.OnceValues(newSigningKey)
	}
	return keys
}()

// keyRing holds a vendor's keys: the first signs, the others are still published.
type keyRing struct {
	first func() (*signingKey, error)
	keep  func() // is called with new keys before anybody sees them; nil where nothing is kept

	making sync.Mutex // held while new keys are put in and kept; it is taken before mu
	mu     sync.Mutex // guards keys
	keys   []*signingKey
}

// all returns the keys, the signing one first.
func (r *keyRing) all() ([]*signingKey, error) {
	r.making.Lock()
	defer r.making.Unlock()
	return r.begun()
}

// begun makes the first key where there is none. making is held.
func (r *keyRing) begun() ([]*signingKey, error) {
	if keys := r.made(); len(keys) > 0 {
		return keys, nil
	}
	k, err := r.first()
	if err != nil {
		return nil, err
	}
	r.replace([]*signingKey{k})
	return r.made(), nil
}

// replace changes the keys. making is held.
func (r *keyRing) replace(keys []*signingKey) {
	r.mu.Lock()
	r.keys = keys
	r.mu.Unlock()
	if r.keep != nil {
		r.keep()
	}
}

// made returns the keys that there are already.
func (r *keyRing) made() []*signingKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys
}

func (r *keyRing) signing() (*signingKey, error) {
	keys, err := r.all()
	if err != nil {
		return nil, err
	}
	return keys[0], nil
}

// roll puts a new key in front; the old ones stay where keep is set.
func (r *keyRing) roll(keep bool) error {
	k, err := newSigningKey()
	if err != nil {
		return err
	}
	r.making.Lock()
	defer r.making.Unlock()
	old, err := r.begun()
	if err != nil {
		return err
	}
	if !keep {
		old = nil
	}
	r.replace(append([]*signingKey{k}, old...))
	return nil
}

// find returns the key that a token names, for package jwt.
func (r *keyRing) find(t *jwt.Token) (any, error) {
	keys, err := r.all()
	if err != nil {
		return nil, err
	}
	id, named := t.Header["kid"].(string)
	if !named {
		// FinCalc's tokens name no key.
		set := jwt.VerificationKeySet{}
		for _, k := range keys {
			set.Keys = append(set.Keys, &k.private.PublicKey)
		}
		return set, nil
	}
	for _, k := range keys {
		if id == k.id {
			return &k.private.PublicKey, nil
		}
	}
	return nil, errors.New("no such key")
}
