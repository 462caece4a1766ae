package sandbox_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/sandbox"
)

// elsewhere is like a client on another machine: it trusts the PEM alone, and its DNS knows the
// sandbox by any name.
func elsewhere(t *testing.T, i *sandbox.Instance, trusted []byte) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(trusted) {
		t.Fatal("there is no certificate to trust")
	}
	listening := strings.TrimPrefix(strings.TrimPrefix(i.URL, "https://"), "http://")
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, listening)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// signed is a certificate for names, by an authority whose PEM is returned beside it.
func signed(t *testing.T, names ...string) (pair tls.Certificate, authority []byte) {
	t.Helper()
	issue := func(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if signer == nil {
			parent, signer = template, key
		}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		return key, der
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	caKey, caDER := issue(ca, nil, nil)
	server := &x509.Certificate{SerialNumber: big.NewInt(2)}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			server.IPAddresses = append(server.IPAddresses, ip)
		} else {
			server.DNSNames = append(server.DNSNames, name)
		}
	}
	key, der := issue(server, ca, caKey)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})
}

func get(t *testing.T, c *http.Client, url string) (int, error) {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func TestWithHosts_namesTheSandbox(t *testing.T) {
	t.Parallel()
	i := sandbox.Start(t, sandbox.WithTLS(), sandbox.WithHosts("Sandbox.ci.example.", "vendors", "192.0.2.7", "2001:db8::7"))
	client := elsewhere(t, i, i.CertificatePEM())
	port := i.URL[strings.LastIndex(i.URL, ":"):]
	for _, host := range []string{"sandbox.ci.example", "vendors", "192.0.2.7", "[2001:db8::7]", "localhost", "127.0.0.1"} {
		// The page answers under them, too.
		for _, path := range []string{"/", "/_sandbox/state"} {
			if status, err := get(t, client, "https://"+host+port+path); err != nil || status != http.StatusOK {
				t.Errorf("%s%s: %d %v", host, path, status, err)
			}
		}
	}
	if _, err := get(t, client, "https://other.example"+port); err == nil {
		t.Error("the certificate is for any host")
	}
	if want := "https://sandbox.ci.example" + port; i.PublicURL() != want {
		t.Errorf("the public URL is %s, want %s", i.PublicURL(), want)
	}
	source, err := finventi.NewTokenSource(i.Server.Finventi(i.PublicURL()), auth.WithHTTPClient(client))
	if err != nil {
		t.Fatal(err)
	}
	token, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	if claims, err := auth.ParseClaims(token.AccessToken); err != nil || !strings.HasPrefix(claims.Issuer, i.PublicURL()+"/") {
		t.Errorf("issuer %q, %v", claims.Issuer, err)
	}
	if status, err := get(t, i.Client(), i.URL); err != nil || status != http.StatusOK {
		t.Errorf("on this machine: %d %v", status, err)
	}
}

func TestWithTLS_certifiesTheBaseURL(t *testing.T) {
	t.Parallel()
	i := sandbox.Start(t, sandbox.WithTLS(), sandbox.WithBaseURL("https://vendors.example/base"))
	if _, err := get(t, elsewhere(t, i, i.CertificatePEM()), "https://vendors.example/"); err != nil {
		t.Error(err)
	}
	if got := i.PublicURL(); got != "https://vendors.example/base" {
		t.Errorf("the public URL is %s", got)
	}
}

func TestPublicURL_defaultsToTheURL(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]sandbox.Option{nil, {sandbox.WithTLS()}} {
		if i := sandbox.Start(t, opts...); i.PublicURL() != i.URL {
			t.Errorf("%s is not %s", i.PublicURL(), i.URL)
		}
	}
}

func TestWithCertificate_servesIt(t *testing.T) {
	t.Parallel()
	for host, names := range map[string][]string{
		"sandbox.example": {"*.example", "sandbox.example"},
		"192.0.2.7":       {"192.0.2.7"},
		"127.0.0.1":       {"sandbox.example", "127.0.0.1"}, // where it listens
	} {
		pair, authority := signed(t, names...)
		i := sandbox.Start(t, sandbox.WithCertificate(pair))
		if got, want := i.PublicURL(), "https://"+host+i.URL[strings.LastIndex(i.URL, ":"):]; got != want {
			t.Errorf("the public URL is %s, want %s", got, want)
		}
		if status, err := get(t, elsewhere(t, i, authority), i.PublicURL()+"/_sandbox/health"); err != nil || status != http.StatusOK {
			t.Errorf("%s: %d %v", host, status, err)
		}
		if status, err := get(t, i.Client(), i.URL+"/_sandbox/health"); err != nil || status != http.StatusOK {
			t.Errorf("%s: the instance's own client: %d %v", host, status, err)
		}
		if i.CertificatePEM() != nil {
			t.Error("it claims to know whom to trust")
		}
	}
}

func TestWithCertificate_refusesOtherHosts(t *testing.T) {
	t.Parallel()
	pair, _ := signed(t, "sandbox.example")
	if _, err := sandbox.Listen("127.0.0.1:0", sandbox.WithCertificate(pair), sandbox.WithHosts("other.example")); err == nil || !strings.Contains(err.Error(), "other.example") {
		t.Errorf("got %v", err)
	}
	if err := sandbox.New(sandbox.WithCertificate(tls.Certificate{})).Err(); err == nil {
		t.Error("a certificate of nothing")
	}
}

func TestWithHosts_refusesInvalidHosts(t *testing.T) {
	t.Parallel()
	for _, h := range []string{"", "https://sandbox", "sandbox:8090", "sandbox/x", "a..b", "*.example", "münchen.example", "0.0.0.0", "::", "fe80::1%eth0", "two words", strings.Repeat("x", 64)} {
		if err := sandbox.New(sandbox.WithHosts(h)).Err(); err == nil {
			t.Errorf("%q is a host", h)
		}
	}
}

func TestWithTLS_keepsTheCertificate(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state.json")
	kept := state + ".tls.pem"
	serve := func(hosts ...string) []byte {
		t.Helper()
		i := sandbox.Start(t, sandbox.WithTLS(), sandbox.WithStateFile(state), sandbox.WithHosts(hosts...))
		if _, err := get(t, elsewhere(t, i, i.CertificatePEM()), i.URL); err != nil {
			t.Error(err)
		}
		if err := i.Close(); err != nil {
			t.Error(err)
		}
		return i.CertificatePEM()
	}
	first := serve("one.example", "two.example")
	if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if !bytes.Equal(serve("one.example", "two.example"), first) {
		t.Error("the restart has another certificate")
	}
	if !bytes.Equal(serve("two.example"), first) {
		t.Error("one host less makes another certificate")
	}
	if bytes.Equal(serve("three.example"), first) {
		t.Error("the certificate lacks a host")
	}
	if err := os.WriteFile(kept, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.Listen("127.0.0.1:0", sandbox.WithTLS(), sandbox.WithStateFile(state)); err == nil || !strings.Contains(err.Error(), kept) {
		t.Errorf("a file that is no certificate: %v", err)
	}
}

func TestWithTLS_renewsTheCertificate(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	synctest.Test(t, func(t *testing.T) {
		serve := func() []byte {
			t.Helper()
			i := sandbox.Start(t, sandbox.WithTLS(), sandbox.WithStateFile(state), sandbox.WithoutNetwork())
			if _, err := get(t, i.Client(), i.URL); err != nil {
				t.Error(err)
			}
			if err := i.Close(); err != nil {
				t.Error(err)
			}
			return i.CertificatePEM()
		}
		first := serve()
		time.Sleep(350 * 24 * time.Hour)
		if !bytes.Equal(serve(), first) {
			t.Error("it is made anew while it has two weeks left")
		}
		time.Sleep(10 * 24 * time.Hour)
		if bytes.Equal(serve(), first) {
			t.Error("it is kept although it expires within the week")
		}
	})
}
