package faults

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"sync"
	"time"
)

// Handshake is the TLS handshake of a connection, before its script.
type Handshake struct {
	Name     string   // what the certificate is for; "" is the server's address
	Expired  bool     // the certificate ended yesterday
	Early    bool     // it begins tomorrow
	Unknown  bool     // the client does not trust its issuer
	Client   bool     // the client is asked for a certificate that it does not have
	Protocol []string // ALPN
	Versions [2]uint16

	// Instead, if not empty, is played in place of a handshake.
	Instead Script
}

// authority signs the certificates that clients of Roots trust; nobody trusts stranger.
var authority, stranger = sync.OnceValue(newAuthority), sync.OnceValue(newAuthority)

// Roots returns the certificates that a client must trust to complete a correct handshake.
func Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(authority().cert)
	return pool
}

type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority() signer {
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "faults test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return signer{cert, key}
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func (h *Handshake) certificate() (tls.Certificate, error) {
	by := authority()
	if h.Unknown {
		by = stranger()
	}
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "faults"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if h.Expired {
		template.NotAfter = time.Now().Add(-24 * time.Hour)
	}
	if h.Early {
		template.NotBefore, template.NotAfter = time.Now().Add(24*time.Hour), time.Now().Add(48*time.Hour)
	}
	if h.Name != "" {
		template.DNSNames = []string{h.Name}
	} else {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, &key.PublicKey, by.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// accept does the handshake on the exchange's connection, or plays Instead.
func (h *Handshake) accept(x *exchange) (net.Conn, error) {
	for _, step := range h.Instead {
		if err := step.play(x); err != nil {
			return nil, err
		}
	}
	if len(h.Instead) > 0 {
		return nil, errEnd
	}
	cert, err := h.certificate()
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: h.Protocol, MinVersion: tls.VersionTLS12}
	if h.Versions[1] != 0 {
		config.MinVersion, config.MaxVersion = h.Versions[0], h.Versions[1]
	}
	if h.Client {
		config.ClientAuth = tls.RequireAnyClientCert
	}
	conn := tls.Server(x.conn, config)
	return conn, conn.Handshake()
}

// hello reads the client's first TLS record.
type hello struct{}

func (hello) play(x *exchange) error {
	header := make([]byte, 5)
	if _, err := io.ReadFull(x.conn, header); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, x.conn, int64(header[3])<<8|int64(header[4]))
	return err
}
