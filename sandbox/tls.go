package sandbox

import (
	"crypto/tls"
	"crypto/x509"

	"github.com/finsdk/finsdk-go/sandbox/internal/certificate"
)

// WithTLS serves https with a self-signed certificate for localhost, 127.0.0.1, ::1, the address of
// the listener, the host of [WithBaseURL] and those of [WithHosts]. [Instance.Client] trusts it,
// and [Instance.CertificatePEM] returns it. Each start makes a new one. With a state file,
// certificate and key are kept beside that, in a file whose name ends in ".tls.pem", and replaced
// only if the certificate lacks a host or expires within a week.
func WithTLS() Option {
	return option(func(s *settings) { s.tls = true })
}

// WithCertificate serves https with a certificate of your own. Its first certificate is the
// server's. [Instance.Client] trusts all certificates in it, besides those that the system trusts.
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
