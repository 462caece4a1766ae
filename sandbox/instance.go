package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox/internal/certificate"
	"github.com/finsdk/finsdk-go/sandbox/internal/memnet"
)

// Instance is a Server that listens.
type Instance struct {
	*Server
	// URL is the base URL, without a slash at the end.
	URL string

	http        *http.Server
	transport   *http.Transport
	certificate *certificate.Certificate // nil without TLS
	stop        sync.Once
	served      chan struct{}
	serveErr    error
	stopErr     error
}

// TB is the part of testing.TB that [Start] needs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start serves a new Server on a free port of the loopback interface until the test ends. If it
// cannot start, the test fails.
func Start(tb TB, opts ...Option) *Instance {
	tb.Helper()
	i, err := Listen("127.0.0.1:0", opts...)
	if err != nil {
		tb.Fatalf("%v", err)
		return nil
	}
	tb.Cleanup(func() {
		if err := i.Close(); err != nil {
			tb.Fatalf("stop the sandbox: %v", err)
		}
	})
	return i
}

// Listen serves a new Server on an address such as "127.0.0.1:8080" until [Instance.Close] is
// called.
func Listen(address string, opts ...Option) (*Instance, error) {
	s := New(opts...)
	if err := s.Err(); err != nil {
		return nil, err
	}
	i := &Instance{Server: s, served: make(chan struct{})}
	dialer := &net.Dialer{}
	dial := dialer.DialContext
	var listener net.Listener
	if s.pipe {
		l := memnet.Listen()
		listener, dial = l, l.Dial
	} else {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
		listener = l
	}
	i.URL = "http://" + reachable(listener.Addr())
	i.transport = &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 100}
	i.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		// Faults break connections on purpose, and net/http reports each.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	if s.tls {
		c, err := s.serverCertificate(s.certificateHosts(address, listener.Addr()))
		if err != nil {
			_ = listener.Close()
			return nil, fmt.Errorf("sandbox: the certificate: %w", err)
		}
		i.certificate = c
		i.URL = "https://" + reachable(listener.Addr())
		i.transport.TLSClientConfig = &tls.Config{RootCAs: c.Pool, MinVersion: tls.VersionTLS12}
		if s.settings.certificate != nil {
			// One's own need not be for the address that the URL has.
			i.transport.TLSClientConfig.ServerName = i.publicHost()
		}
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{c.Pair}, MinVersion: tls.VersionTLS12})
	}
	go func() {
		defer close(i.served)
		if err := i.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			i.serveErr = err
		}
	}()
	return i, nil
}

// reachable returns an address for clients on this machine: for a server on all interfaces,
// loopback.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return addr.String()
	}
	if tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return tcp.String()
}

// closeWait is how long Close lets requests come to their end.
const closeWait = 2 * time.Second

// Close stops listening, gives running requests a moment to end, and then breaks them off. Later
// calls do nothing.
func (i *Instance) Close() error {
	i.stop.Do(func() {
		i.Server.stopWaiting()
		i.transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), closeWait)
		defer cancel()
		if err := i.http.Shutdown(ctx); err != nil {
			i.stopErr = i.http.Close()
		}
		<-i.served
		i.stopErr = errors.Join(i.stopErr, i.serveErr)
	})
	return i.stopErr
}

// Done is closed once the instance has stopped serving.
func (i *Instance) Done() <-chan struct{} { return i.served }

// Transport reaches the sandbox, over TLS or without a network if the options say so.
func (i *Instance) Transport() http.RoundTripper { return i.transport }

// Client has [Instance.Transport]. It is a new one at each call.
func (i *Instance) Client() *http.Client { return &http.Client{Transport: i.transport} }

// CertificatePEM returns the certificate that a client must trust. It returns nil without TLS, and
// with [WithCertificate], whose certificate the caller has.
func (i *Instance) CertificatePEM() []byte {
	if i.certificate == nil || i.settings.certificate != nil {
		return nil
	}
	return i.certificate.PEM
}

// Finventi is [Server.Finventi] for this instance.
func (i *Instance) Finventi() finventi.Config { return i.Server.Finventi(i.URL) }

// FinventiProduct is [Server.FinventiProduct] for this instance.
func (i *Instance) FinventiProduct(p finventi.Product) finventi.Config {
	return i.Server.FinventiProduct(i.URL, p)
}

// FinAPI is [Server.FinAPI] for this instance.
func (i *Instance) FinAPI() finapi.Config { return i.Server.FinAPI(i.URL) }

// OneFinOps is [Server.OneFinOps] for this instance.
func (i *Instance) OneFinOps() onefinops.Config { return i.Server.OneFinOps(i.URL) }

// OneFinOpsLive is [Server.OneFinOpsLive] for this instance.
func (i *Instance) OneFinOpsLive() onefinops.Config { return i.Server.OneFinOpsLive(i.URL) }

// FinCalc is [Server.FinCalc] for this instance.
func (i *Instance) FinCalc() fincalc.Config { return i.Server.FinCalc(i.URL) }

// PublicURL returns the base URL for clients that may run on another machine. It is the first of
// these that exists: the URL of [WithBaseURL], the first host of [WithHosts] with the port of the
// listener, the first name of a certificate that is not for this machine, and [Instance.URL].
// Server has the Configs for it, such as i.Server.Finventi(i.PublicURL()).
func (i *Instance) PublicURL() string {
	if i.baseURL != "" {
		return i.baseURL
	}
	if host := i.publicHost(); host != "" {
		if u, err := url.Parse(i.URL); err == nil {
			return u.Scheme + "://" + net.JoinHostPort(host, u.Port())
		}
	}
	return i.URL
}

// publicHost returns the host of the public URL, or "" if that is the one of the URL.
func (i *Instance) publicHost() string {
	if len(i.hosts) > 0 {
		return i.hosts[0]
	}
	if i.certificate == nil {
		return ""
	}
	u, err := url.Parse(i.URL)
	if err != nil || i.certificate.Pair.Leaf.VerifyHostname(u.Hostname()) == nil {
		return ""
	}
	for _, name := range i.certificate.Pair.Leaf.DNSNames {
		if !strings.Contains(name, "*") {
			return name
		}
	}
	if ips := i.certificate.Pair.Leaf.IPAddresses; len(ips) > 0 {
		return ips[0].String()
	}
	return ""
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
