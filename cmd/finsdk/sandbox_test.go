package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
)

// serving runs "finsdk sandbox" until the test ends, and returns the text that it prints when it is
// ready.
func serving(t *testing.T, args ...string) (text string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	var stderr bytes.Buffer
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, append([]string{"sandbox", "-addr", "127.0.0.1:0"}, args...), w, &stderr)
		_ = w.Close()
	}()
	// The whole greeting is one write.
	buffer := make([]byte, 64<<10)
	n, err := r.Read(buffer)
	if err != nil {
		t.Fatalf("%v: %v %s", err, <-done, stderr.String())
	}
	rest := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(r)
		rest <- string(text)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("it stopped with %v", err)
		}
		if last := <-rest; last != "Stopped.\n" {
			t.Errorf("its last words are %q", last)
		}
	})
	return string(buffer[:n])
}

// paste lets a shell run the printed commands, and sets the test's environment from the shell's.
func paste(t *testing.T, text string) {
	t.Helper()
	out, err := exec.Command("/bin/sh", "-euc", exports(text)+"env").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		for _, prefix := range []string{"FINVENTI_", "FINAPI_", "ONEFINOPS_", "FINCALC_", "SSL_"} {
			if strings.HasPrefix(name, prefix) {
				t.Setenv(name, value)
			}
		}
	}
}

func exports(text string) string {
	_, commands, _ := strings.Cut(text, "\n# Paste")
	return "# Paste" + commands
}

func source[C any](t *testing.T, fromEnv func() (C, error), build func(C, ...auth.Option) (*auth.TokenSource, error), options ...auth.Option) *auth.TokenSource {
	t.Helper()
	config, err := fromEnv()
	if err != nil {
		t.Fatal(err)
	}
	s, err := build(config, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sources(t *testing.T, options ...auth.Option) map[string]*auth.TokenSource {
	return map[string]*auth.TokenSource{
		"finventi":  source(t, finventi.ConfigFromEnv, finventi.NewTokenSource, options...),
		"finapi":    source(t, finapi.ConfigFromEnv, finapi.NewTokenSource, options...),
		"onefinops": source(t, onefinops.ConfigFromEnv, onefinops.NewTokenSource, options...),
		"fincalc":   source(t, fincalc.ConfigFromEnv, fincalc.NewTokenSource, options...),
	}
}

func TestSandboxPrintsWhatAServiceNeeds(t *testing.T) {
	paste(t, serving(t, "-lifetime", "90s"))
	for name, s := range sources(t) {
		token, err := s.Token()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if token.ExpiresIn != 90 {
			t.Errorf("%s: the token lives %d s, want the 90 asked for", name, token.ExpiresIn)
		}
	}
}

func TestSandboxPrintsTheOtherAPIsAsComments(t *testing.T) {
	text := serving(t)
	paste(t, regexp.MustCompile(`(?m)^# export`).ReplaceAllString(text, "export"))
	live := source(t, onefinops.ConfigFromEnv, onefinops.NewTokenSource)
	payments := source(t, finventi.ConfigFromEnv, finventi.NewTokenSource)
	for _, s := range []*auth.TokenSource{live, payments} {
		if _, err := s.Token(); err != nil {
			t.Error(err)
		}
	}
	if id := os.Getenv("ONEFINOPS_CLIENT_ID"); !strings.HasPrefix(id, "ofin_live_") {
		t.Errorf("client id %q", id)
	}
	for _, product := range []finventi.Product{finventi.VerificationOfPayee, finventi.Payments} {
		if line := "# export FINVENTI_PRODUCT=" + string(product) + "\n"; !strings.Contains(text, line) {
			t.Errorf("%q is missing", line)
		}
	}
	if product := os.Getenv("FINVENTI_PRODUCT"); product != string(finventi.Payments) {
		t.Errorf("product %q is the last one", product)
	}
}

func TestSandboxIsHealthy(t *testing.T) {
	m := regexp.MustCompile(`Health: (\S+)`).FindStringSubmatch(serving(t))
	if m == nil {
		t.Fatal("it does not say where its health is")
	}
	resp, err := http.Get(m[1])
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Error(resp.Status)
	}
}

func TestSandboxKeepsItsStateOverARestart(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	var refreshToken auth.Secret
	t.Run("before", func(t *testing.T) {
		paste(t, serving(t, "-state", state))
		config, err := finapi.ConfigFromEnv()
		if err != nil {
			t.Fatal(err)
		}
		grant, err := finapi.NewGrant(config)
		if err != nil {
			t.Fatal(err)
		}
		token, err := grant.Password(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		refreshToken = token.RefreshToken
	})
	t.Run("after", func(t *testing.T) {
		paste(t, serving(t, "-state", state))
		config, err := finapi.ConfigFromEnv()
		if err != nil {
			t.Fatal(err)
		}
		grant, err := finapi.NewGrant(config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := grant.Refresh(context.Background(), refreshToken); err != nil {
			t.Errorf("the session is gone: %v", err)
		}
	})
}

func TestSandboxNamesTheCertificateFromEveryDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	text := serving(t, "-tls")
	paste(t, text)
	file := os.Getenv("SSL_CERT_FILE")
	if !filepath.IsAbs(file) || filepath.Base(file) != "finsdk-sandbox.pem" {
		t.Errorf("SSL_CERT_FILE is %q", file)
	}
	trusting(t, file)
	if !strings.Contains(text, "replaces the system's roots") {
		t.Errorf("it does not say what the variable replaces:\n%s", text)
	}
}

func TestSandbox_certificateReplacesALinkNotItsTarget(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	precious := filepath.Join(dir, "precious")
	if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, "finsdk-sandbox.pem"); err != nil {
		t.Skip("this system lets the test make no symbolic links; Windows does in developer mode:", err)
	}
	serving(t, "-tls")
	if got, err := os.ReadFile(precious); err != nil || string(got) != "precious" {
		t.Errorf("the target has %q %v", got, err)
	}
	trusting(t, "finsdk-sandbox.pem")
}

func TestSandboxKeepsItsCertificateOverARestart(t *testing.T) {
	dir := t.TempDir()
	cert := filepath.Join(dir, "cert.pem")
	var client *http.Client // that trusts the first certificate
	for _, start := range []string{"before", "after"} {
		t.Run(start, func(t *testing.T) {
			paste(t, serving(t, "-tls", "-cert", cert, "-state", filepath.Join(dir, "state.json")))
			if client == nil {
				client = trusting(t, cert)
			}
			if _, err := source(t, finventi.ConfigFromEnv, finventi.NewTokenSource, auth.WithHTTPClient(client)).Token(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSandboxServesClientsElsewhere(t *testing.T) {
	cert := filepath.Join(t.TempDir(), "cert.pem")
	text := serving(t, "-addr", "0.0.0.0:0", "-tls", "-cert", cert, "-host", "vendors.ci.example", "-host", "192.0.2.7")
	paste(t, text)
	for _, part := range []string{"The four vendors are at https://vendors.ci.example:", "On this machine: https://127.0.0.1:", "have no password"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
	if strings.Contains(text, "plain http") || strings.Contains(text, "this machine alone") {
		t.Errorf("it warns of what is well:\n%s", text)
	}
	client := trusting(t, cert)
	resolve(client, "vendors.ci.example", "127.0.0.1")
	for name, s := range sources(t, auth.WithHTTPClient(client)) {
		if _, err := s.Token(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if url := os.Getenv("FINCALC_API_URL"); !strings.HasPrefix(url, "https://vendors.ci.example:") {
		t.Errorf("the URL is %s", url)
	}
}

func TestSandboxSaysWhatKeepsClientsElsewhereOut(t *testing.T) {
	const plain, alone, open = "plain http except on loopback", "this machine alone", "have no password"
	for _, c := range []struct {
		args string
		want []string
	}{
		{"", nil},
		{"-addr localhost:0", nil},
		{"-addr 0.0.0.0:0", []string{plain, open}},
		{"-addr :0", []string{plain, open}},
		{"-host vendors", []string{plain}},
		{"-tls", nil},
		{"-tls -addr :0", []string{alone, open}},
		{"-tls -addr :0 -host vendors", []string{open}},
	} {
		t.Run(c.args, func(t *testing.T) {
			text := serving(t, append(strings.Fields(c.args), "-cert", filepath.Join(t.TempDir(), "cert.pem"))...)
			text = strings.Join(strings.Fields(text), " ")
			for _, note := range []string{plain, alone, open} {
				if got, want := strings.Contains(text, note), slices.Contains(c.want, note); got != want {
					t.Errorf("it says %q: %t, want %t\n%s", note, got, want, text)
				}
			}
		})
	}
}

func TestSandboxReadsItsOptionsFromAFile(t *testing.T) {
	dir := t.TempDir()
	var defaults, stderr bytes.Buffer
	if err := run(context.Background(), []string{"sandbox", "-print-config"}, &defaults, &stderr); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "sandbox.json")
	replaced := strings.NewReplacer(`"s3cr3t-sti"`, `"changed"`, `"45m"`, `"30m"`, `"hosts": []`, `"hosts": ["vendors"]`).Replace(defaults.String())
	if err := os.WriteFile(config, []byte(replaced), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("alone", func(t *testing.T) {
		text := serving(t, "-config", config)
		paste(t, text)
		if got := os.Getenv("FINVENTI_CLIENT_SECRET"); got != "changed" {
			t.Errorf("the secret is %q", got)
		}
		if got := os.Getenv("FINVENTI_AUTH_URL"); !strings.HasPrefix(got, "http://vendors:") {
			t.Errorf("the URL is %q", got)
		}
	})
	t.Run("flags on top", func(t *testing.T) {
		cert := filepath.Join(dir, "cert.pem")
		paste(t, serving(t, "-config", config, "-tls", "-cert", cert, "-lifetime", "90s", "-host", "second"))
		client := trusting(t, cert)
		resolve(client, "vendors", "127.0.0.1")
		for name, s := range sources(t, auth.WithHTTPClient(client)) {
			token, err := s.Token()
			if err != nil || token.ExpiresIn != 90 {
				t.Errorf("%s: %v %v", name, token, err)
			}
		}
	})
	t.Run("mistakes", func(t *testing.T) {
		if err := os.WriteFile(config, []byte("{\n  \"hosts\": [\"a b\"],\n  \"tls\": 1\n}"), 0o600); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		err := run(context.Background(), []string{"sandbox", "-addr", "127.0.0.1:0", "-config", config}, &stdout, &stderr)
		if code := exitCode(err, &stderr); code != 1 || !strings.Contains(stderr.String(), config+":3:10: tls has to be true or false") || stdout.Len() > 0 {
			t.Errorf("exit code %d, %s%s", code, stdout.String(), stderr.String())
		}
	})
}

func TestSandboxServesTheUsersCertificate(t *testing.T) {
	// Use a certificate that another sandbox made for itself.
	state, cert := filepath.Join(t.TempDir(), "state.json"), filepath.Join(t.TempDir(), "cert.pem")
	t.Run("make one", func(t *testing.T) {
		serving(t, "-tls", "-host", "vendors.example", "-state", state, "-cert", cert)
	})
	pair := state + ".tls.pem"
	t.Chdir(t.TempDir())
	text := serving(t, "-tls-cert", pair, "-tls-key", pair, "-host", "vendors.example")
	paste(t, text)
	if _, err := os.Stat("finsdk-sandbox.pem"); err == nil || strings.Contains(text, "SSL_CERT_FILE") || !strings.Contains(text, "The certificate is yours") {
		t.Errorf("it treats the certificate as its own:\n%s", text)
	}
	client := trusting(t, cert)
	resolve(client, "vendors.example", "127.0.0.1")
	if _, err := source(t, onefinops.ConfigFromEnv, onefinops.NewTokenSource, auth.WithHTTPClient(client)).Token(); err != nil {
		t.Error(err)
	}
}

func TestSandboxSaysThatItsPortIsTaken(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var stdout, stderr bytes.Buffer
	addr := listener.Addr().String()
	code := exitCode(run(context.Background(), []string{"sandbox", "-addr", addr}, &stdout, &stderr), &stderr)
	if want := "finsdk: " + addr + " is in use already; -addr 127.0.0.1:0 takes a free port\n"; code != 1 || stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("exit code %d, %s%s", code, stdout.String(), stderr.String())
	}
}

func TestSandboxServesTLS(t *testing.T) {
	cert := filepath.Join(t.TempDir(), "a certificate.pem")
	paste(t, serving(t, "-tls", "-cert", cert))
	if got := os.Getenv("SSL_CERT_FILE"); got != cert {
		t.Fatalf("SSL_CERT_FILE is %q, want %q", got, cert)
	}
	client := trusting(t, cert)
	for name, s := range sources(t, auth.WithHTTPClient(client)) {
		if _, err := s.Token(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if url := os.Getenv("FINVENTI_AUTH_URL"); !strings.HasPrefix(url, "https://") {
		t.Errorf("the URL is %s", url)
	}
}

// trusting returns a client that trusts the certificate in a file. SSL_CERT_FILE does the same, but
// is read once a process.
func trusting(t *testing.T, file string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("there is no certificate in the file")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// resolve makes a client resolve a host name to an address.
func resolve(client *http.Client, name, address string) {
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, asked string) (net.Conn, error) {
		if host, port, err := net.SplitHostPort(asked); err == nil && host == name {
			asked = net.JoinHostPort(address, port)
		}
		return new(net.Dialer).DialContext(ctx, network, asked)
	}
}
