// Package certificate makes, keeps and reads the certificates that a sandbox serves TLS with.
package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"time"

	"github.com/finsdk/finsdk-go/internal/wholefile"
)

// A Certificate is what TLS is served with, and what a client needs to trust it.
type Certificate struct {
	Pair tls.Certificate // with its Leaf
	Pool *x509.CertPool
	PEM  []byte
}

const (
	// life is long enough for a sandbox that a team leaves running.
	life = 365 * 24 * time.Hour
	// rest is what a kept certificate has to have left at a start.
	rest = 7 * 24 * time.Hour
)

// Kept is the Certificate in a file, or a new one that is then kept there.
func Kept(path string, hosts []string) (*Certificate, error) {
	data, err := wholefile.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		pair, err := tls.X509KeyPair(data, data)
		if err != nil {
			// The file may be somebody else's, so do not overwrite it.
			return nil, fmt.Errorf("%s: %w (remove the file to have a certificate made anew)", path, err)
		}
		c, err := Read(pair, x509.NewCertPool())
		if err != nil {
			return nil, err
		}
		if c.serves(hosts, time.Now()) {
			return c, nil
		}
	}
	c, err := New(hosts)
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(c.Pair.PrivateKey)
	if err != nil {
		return nil, err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	return c, wholefile.Write(path, bytes.Join([][]byte{c.PEM, block}, nil), 0o600)
}

// serves reports whether the certificate is for all these hosts, and will be for a while.
func (c *Certificate) serves(hosts []string, now time.Time) bool {
	for _, h := range hosts {
		if c.Pair.Leaf.VerifyHostname(h) != nil {
			return false
		}
	}
	return !now.Before(c.Pair.Leaf.NotBefore) && now.Add(rest).Before(c.Pair.Leaf.NotAfter)
}

// New makes a self-signed Certificate for host names and IP addresses.
func New(hosts []string) (*Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now() // the client's clock counts here, not the sandbox's
	template := x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "finsdk sandbox"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(life),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return Read(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, x509.NewCertPool())
}

// Read makes a Certificate of a pair and adds it to pool.
func Read(pair tls.Certificate, pool *x509.CertPool) (*Certificate, error) {
	if len(pair.Certificate) == 0 || pair.PrivateKey == nil {
		return nil, errors.New("it lacks a certificate or a private key")
	}
	c := &Certificate{Pair: pair, Pool: pool}
	for i, der := range pair.Certificate {
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			c.Pair.Leaf = parsed
		}
		pool.AddCert(parsed)
		c.PEM = append(c.PEM, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return c, nil
}
