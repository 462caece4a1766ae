package sandbox

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
	"os"
	"time"
)

// WithTLS serves https, with a self-signed certificate for localhost, 127.0.0.1, ::1, the address that is listened on,
// the host of [WithBaseURL] and those of [WithHosts]; [Instance.Client] trusts it and [Instance.CertificatePEM] shows
// it. It is made at the start. With a state file it outlives a restart, together with its key, in the file beside
// that one whose name ends in ".tls.pem"; another is made where it lacks a host or has a week left.
func WithTLS() Option {
	return option(func(s *settings) { s.tls = true })
}

// WithCertificate serves https with a certificate of one's own, whose first one is the server's. [Instance.Client]
// trusts every certificate in it, besides those that the system trusts.
func WithCertificate(pair tls.Certificate) Option {
	return option(func(s *settings) {
		// On a system without roots of its own there is nothing to add to.
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		c, err := readCertificate(pair, pool)
		if err != nil {
			s.fail("the certificate: %w", err)
			return
		}
		s.tls, s.certificate = true, c
	})
}

// certificate is what TLS is served with, and what a client needs to trust it.
type certificate struct {
	pair tls.Certificate // with its Leaf
	pool *x509.CertPool
	pem  []byte
}

const (
	// certificateLife is long enough for a sandbox that a team leaves running.
	certificateLife = 365 * 24 * time.Hour
	// certificateRest is what a kept certificate has to have left at a start.
	certificateRest = 7 * 24 * time.Hour
)

// serverCertificate is the one to serve with: one's own, the kept one, or a new one.
func (s *settings) serverCertificate(hosts []string) (*certificate, error) {
	switch {
	case s.certificate != nil:
		for _, h := range s.hosts {
			if err := s.certificate.pair.Leaf.VerifyHostname(h); err != nil {
				return nil, err
			}
		}
		return s.certificate, nil
	case s.stateFile != "":
		return keptCertificate(s.stateFile+".tls.pem", hosts)
	}
	return newCertificate(hosts)
}

// keptCertificate is the one in a file, or a new one that is then kept there.
func keptCertificate(path string, hosts []string) (*certificate, error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		pair, err := tls.X509KeyPair(data, data)
		if err != nil {
			// Whatever this is, it may be somebody's.
			return nil, fmt.Errorf("%s: %w (remove the file to have a certificate made anew)", path, err)
		}
		c, err := readCertificate(pair, x509.NewCertPool())
		if err != nil {
			return nil, err
		}
		if c.serves(hosts, time.Now()) {
			return c, nil
		}
	}
	c, err := newCertificate(hosts)
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(c.pair.PrivateKey)
	if err != nil {
		return nil, err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	return c, replaceFile(path, bytes.Join([][]byte{c.pem, block}, nil))
}

// serves reports whether the certificate is for all these hosts, and will be for a while.
func (c *certificate) serves(hosts []string, now time.Time) bool {
	for _, h := range hosts {
		if c.pair.Leaf.VerifyHostname(h) != nil {
			return false
		}
	}
	return !now.Before(c.pair.Leaf.NotBefore) && now.Add(certificateRest).Before(c.pair.Leaf.NotAfter)
}

func newCertificate(hosts []string) (*certificate, error) {
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
		NotAfter:              now.Add(certificateLife),
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
	return readCertificate(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, x509.NewCertPool())
}

// readCertificate makes of a pair what client and server need of it. The pool is the one to add it to.
func readCertificate(pair tls.Certificate, pool *x509.CertPool) (*certificate, error) {
	if len(pair.Certificate) == 0 || pair.PrivateKey == nil {
		return nil, errors.New("it lacks a certificate or a private key")
	}
	c := &certificate{pair: pair, pool: pool}
	for i, der := range pair.Certificate {
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			c.pair.Leaf = parsed
		}
		pool.AddCert(parsed)
		c.pem = append(c.pem, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return c, nil
}
