package tokenendpoint_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

// selfSigned returns a certificate for 127.0.0.1 that expires at end, and a pool that trusts it.
func selfSigned(t *testing.T, end time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: end.Add(-time.Hour), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}, pool
}

// startTLS serves https with config and returns the server's URL.
func startTLS(t *testing.T, config *tls.Config) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = discard
	s.TLS = config
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// hello answers every connection with the same bytes.
func hello(t *testing.T, text string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4<<10))
			_, _ = io.WriteString(conn, text)
			_ = conn.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

// A request that gets no answer is transient. The error names the token endpoint's host and says
// what to check.
func TestUnreachedServer(t *testing.T) {
	good, trusted := selfSigned(t, time.Now().Add(time.Hour))
	old, trustedOld := selfSigned(t, time.Now().Add(-time.Hour))
	trusting := func(pool *x509.CertPool, change func(*tls.Config)) *http.Transport {
		c := &tls.Config{RootCAs: pool}
		if change != nil {
			change(c)
		}
		return &http.Transport{TLSClientConfig: c}
	}
	plain := httptest.NewServer(nil)
	t.Cleanup(plain.Close)
	tlsServer := startTLS(t, &tls.Config{Certificates: []tls.Certificate{good}})
	proxied := func(to string) *http.Transport {
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Transport{Proxy: http.ProxyURL(u)}
	}
	failing := func(err error) *http.Transport {
		return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}
	}
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	t.Cleanup(refusing.Close)
	refused := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	http2 := func(text string) http.RoundTripper {
		return vendortest.RoundTrip(func(*httpRequest) (*httpResponse, error) { return nil, errors.New("http2: " + text) })
	}
	proxyDown := failing(refused)
	proxyDown.Proxy = proxied(plain.URL).Proxy
	ssh := hello(t, "SSH-2.0-OpenSSH_9.6 "+secret+"\r\n")
	alert := hello(t, "\x15\x03\x01\x00\x02\x02\x46")

	for name, tt := range map[string]struct {
		base http.RoundTripper
		url  string
		hint string
	}{
		"refused connection":           {failing(refused), "https://login.vendor.example", "the connection was refused"},
		"unknown authority":            {&http.Transport{}, tlsServer, "does not trust the certificate's issuer"},
		"another host's certificate":   {trusting(trusted, func(c *tls.Config) { c.ServerName = "other.example" }), tlsServer, "for another host"},
		"expired certificate":          {trusting(trustedOld, nil), startTLS(t, &tls.Config{Certificates: []tls.Certificate{old}}), "outside its validity"},
		"older TLS than the client's":  {trusting(trusted, func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }), startTLS(t, &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}), "TLS handshake"},
		"newer TLS than the client's":  {trusting(trusted, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }), startTLS(t, &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS13}), "TLS handshake"},
		"client certificate wanted":    {trusting(trusted, nil), startTLS(t, &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert}), "client certificate"},
		"https to a plain http server": {&http.Transport{}, "https" + strings.TrimPrefix(plain.URL, "http"), "speaks plain http, but AuthURL says https"},
		"https to an SSH server":       {&http.Transport{}, "https://" + ssh, "does not speak TLS"},
		"http to an SSH server":        {&http.Transport{}, "http://" + ssh, "does not speak HTTP"},
		"http to a TLS server":         {&http.Transport{}, "http://" + alert, "speaks https, but AuthURL says http"},
		"no such host":                 {failing(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "login.vendor.example", IsNotFound: true}}), "https://login.vendor.example", "DNS"},
		"proxy that is down":           {proxyDown, "https://login.vendor.example", "the proxy cannot be reached"},
		"proxy that refuses":           {proxied(refusing.URL), "https://login.vendor.example", "a proxy in between refused"},
		"proxy that wants a login":     {proxied("http://" + hello(t, "HTTP/1.1 302 Found\r\n\r\n")), "https://login.vendor.example", "a proxy in between refused"},
		"proxy that gives no reason":   {proxied("http://" + hello(t, "HTTP/1.1 403\r\n\r\n")), "https://login.vendor.example", "a proxy in between refused"},
		"SOCKS proxy that refuses":     {proxied("socks5://" + hello(t, "\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00")), "https://login.vendor.example", "a proxy in between refused"},
		"status of none":               {&http.Transport{}, "http://" + hello(t, "HTTP/1.1 000 OK\r\n\r\n"), "the answer is not valid HTTP"},
		"chunks of none":               {&http.Transport{}, "http://" + hello(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "the answer is not valid HTTP"},
		"length of none":               {&http.Transport{}, "http://" + hello(t, "HTTP/1.1 200 OK\r\nContent-Length: zz\r\n\r\n"), "the answer is not valid HTTP"},
		"encoding of none":             {&http.Transport{}, "http://" + hello(t, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n{}{}{}{}{}{}{}"), "the answer is not valid HTTP"},
		"header without end":           {&http.Transport{MaxResponseHeaderBytes: 100}, "http://" + hello(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1000)+"\r\n\r\n"), "the answer is not valid HTTP"},
		"frames of none":               {http2("frame too large"), "https://login.vendor.example", "the answer is not valid HTTP"},
		"no answer at all":             {&http.Transport{}, "http://" + hello(t, ""), "the connection broke"},
		"server that goes away":        {http2("Transport received GOAWAY from server ErrCode:ENHANCE_YOUR_CALM"), "https://login.vendor.example", "the connection broke"},
		"server that goes away later":  {http2(`server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug=""`), "https://login.vendor.example", "the connection broke"},
		"server that refuses a stream": {http2("Transport: cannot retry err [stream error: stream ID 1; REFUSED_STREAM; received from peer] after Request.Body was written; define Request.GetBody to avoid this error"),
			"https://login.vendor.example", "the connection broke"},
		"no route":               {failing(&net.OpError{Op: "dial", Err: io.ErrNoProgress}), "https://login.vendor.example", "may reach the vendor"},
		"answer that breaks off": {&http.Transport{}, "http://" + hello(t, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), "the connection broke"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ask(vendortest.With(t, &http.Client{Transport: tt.base}), tt.url+"/realms/"+secret+"/token?"+secret)
			vendortest.WantFailure(t, err, "test", "client_credentials grant", auth.ErrUnavailable, tt.hint)
			vendortest.NoLeak(t, "failure", err, secret)
			vendortest.WantText(t, err.Error(), "vendor unavailable: "+tt.url+": ")
			if strings.Contains(err.Error(), "GetBody") {
				t.Errorf("advice for the author of this module: %v", err)
			}
		})
	}
}

// A server that expects TLS answers plain http with 400. Each kind of server has its own text.
func TestPlainHTTPToATLSServer(t *testing.T) {
	good, _ := selfSigned(t, time.Now().Add(time.Hour))
	ofGo := strings.Replace(startTLS(t, &tls.Config{Certificates: []tls.Certificate{good}}), "https", "http", 1)
	for name, at := range map[string]string{
		"Go":    ofGo,
		"nginx": vendortest.New(t, vendortest.Answer(400, "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>")).URL,
		"Apache httpd": vendortest.New(t, vendortest.Answer(400, "<!DOCTYPE HTML><p>Your browser sent a request that this server could not understand.<br />"+
			"Reason: You're speaking plain HTTP to an SSL-enabled server port.</p>")).URL,
		"Tomcat": vendortest.New(t, vendortest.Answer(400, "Bad Request\r\nThis combination of host and port requires TLS.\r\n")).URL,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t.Context(), at)
			vendortest.WantFailure(t, err, "test", "client_credentials grant", auth.ErrInvalidConfig, "speaks https, but AuthURL says http")
			vendortest.NoLeak(t, "failure", err, secret)
		})
	}
}
