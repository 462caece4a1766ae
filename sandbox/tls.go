package sandbox

import (
	"crypto/tls"
	"crypto/x509"

	"github.com/finsdk/finsdk-go/sandbox/internal/certificate"
)

// WithTLS serves https, with a self-signed certificate for localhost, 127.0.0.1, ::1, the address
// that is listened on, the host of [WithBaseURL] and those of [WithHosts]; [Instance.Client] trusts
// it and [Instance.CertificatePEM] shows it. It is made at the start. With a state file it outlives
// a restart, together with its key, in the file beside that one whose name ends in ".tls.pem";
// another is made where it lacks a host or has a week left.
func WithTLS() Option {
	return option(func(s *settings) { s.tls = true })
}

// WithCertificate serves https with a certificate of one's own, whose first one is the server's.
// [Instance.Client] trusts every certificate in it, besides those that the system trusts.
func WithCertificate(pair tls.Certificate) Option {
	return option(func(s *settings) {
		// On a system without roots of its own there is nothing to add to.
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		c, err := certificate.Read(pair, pool)
		if err != nil {
			s.fail("the certificate: %w", err)
			return
		}
		s.tls, s.certificate = true, c
	})
}

// serverCertificate is the one to serve with: one's own, the kept one, or a new one.
func (s *settings) serverCertificate(hosts []string) (*certificate.Certificate, error) {
	switch {
	case s.certificate != nil:
		for _, h := range s.hosts {
			if err := s.certificate.Pair.Leaf.VerifyHostname(h); err != nil {
				return nil, err
			}
		}
		return s.certificate, nil
	case s.stateFile != "":
		return certificate.Kept(s.stateFile+".tls.pem", hosts)
	}
	return certificate.New(hosts)
}
