// Package signing has the RSA keys that sign the sandbox's tokens.
package signing

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

	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
)

// A Key is an RSA key with its public form.
type Key struct {
	ID          string
	private     *rsa.PrivateKey
	signer      *signer
	certificate func() []byte // self-signed, DER
	header      string        // of the tokens that it signs, base64url
}

// New makes a Key.
func New() *Key {
	for {
		if k, err := assemble(newPrivateKey()); err == nil {
			k.certificate = sync.OnceValue(k.newCertificate)
			return k
		}
	}
}

// newCertificate is valid for all time that the clock may be moved to.
func (k *Key) newCertificate() []byte {
	template := x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "sandbox"},
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, k.Public(), k.signer)
	if err != nil {
		panic(err) // of any key that signs there is one
	}
	return der
}

// Parse makes a Key of what [Key.Marshal] returned.
func Parse(private, certificate []byte) (*Key, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("a key is not of RSA")
	}
	k, err := assemble(key)
	if err != nil {
		return nil, err
	}
	k.certificate = func() []byte { return certificate }
	return k, nil
}

// Marshal returns the private key as PKCS #8, and the certificate as DER.
func (k *Key) Marshal() (private, certificate []byte, err error) {
	private, err = x509.MarshalPKCS8PrivateKey(k.private)
	return private, k.certificate(), err
}

func assemble(private *rsa.PrivateKey) (*Key, error) {
	signer, err := newSigner(private)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(&private.PublicKey))
	id := base64.RawURLEncoding.EncodeToString(sum[:])
	// Keycloak's own spacing, so that tokens begin as the vendors' pages show them.
	header := fmt.Sprintf(`{"alg":"RS256","typ" : "JWT","kid" : %q}`, id)
	return &Key{ID: id, private: private, signer: signer, header: base64.RawURLEncoding.EncodeToString([]byte(header))}, nil
}

// Sign makes a JWT, RFC 7519, with RS256.
func (k *Key) Sign(claims jsondoc.Object) (string, error) { return k.signWith(k.header, claims) }

// plainHeader names no key.
var plainHeader = base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"RS256"}`))

// SignPlain is [Key.Sign] without the key's name.
func (k *Key) SignPlain(claims jsondoc.Object) (string, error) {
	return k.signWith(plainHeader, claims)
}

func (k *Key) signWith(header string, claims jsondoc.Object) (string, error) {
	payload, err := claims.MarshalJSON()
	if err != nil {
		return "", err
	}
	text := header + "." + base64.RawURLEncoding.EncodeToString(payload)
	return text + "." + base64.RawURLEncoding.EncodeToString(k.signer.sign(text)), nil
}

// Public is the public key.
func (k *Key) Public() *rsa.PublicKey { return &k.private.PublicKey }

// JWK is the key as a JSON Web Key, RFC 7517, with Keycloak's members.
func (k *Key) JWK() jsondoc.Object {
	public, certificate := k.Public(), k.certificate()
	// RFC 7517 section 4.8 asks for this very hash.
	thumb1, thumb256 := sha1.Sum(certificate), sha256.Sum256(certificate)
	return jsondoc.Object{
		{"kid", k.ID},
		{"kty", "RSA"},
		{"alg", "RS256"},
		{"use", "sig"},
		{"x5c", []string{base64.StdEncoding.EncodeToString(certificate)}},
		{"x5t", base64.RawURLEncoding.EncodeToString(thumb1[:])},
		{"x5t#S256", base64.RawURLEncoding.EncodeToString(thumb256[:])},
		{"n", base64.RawURLEncoding.EncodeToString(public.N.Bytes())},
		{"e", base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes())},
	}
}
