package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
)

// serving runs "finsdk sandbox" until the test ends, and returns what it has printed by the time it serves.
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

// paste lets a shell run the commands that were printed, and takes over its environment.
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

func TestSandboxPrintsOneFinOpsLiveToo(t *testing.T) {
	text := serving(t)
	paste(t, regexp.MustCompile(`(?m)^# export`).ReplaceAllString(text, "export"))
	s := source(t, onefinops.ConfigFromEnv, onefinops.NewTokenSource)
	if _, err := s.Token(); err != nil {
		t.Error(err)
	}
	if id := os.Getenv("ONEFINOPS_CLIENT_ID"); !strings.HasPrefix(id, "ofin_live_") {
		t.Errorf("client id %q", id)
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

func TestQuote(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "''",
		"http://127.0.0.1:8090/a": "http://127.0.0.1:8090/a",
		"two words":               "'two words'",
		"it's":                    `'it'\''s'`,
		"$(reboot)":               "'$(reboot)'",
		"ü":                       "'ü'",
		"~":                       "'~'",
	} {
		if got := quote(text); got != want {
			t.Errorf("quote(%q) is %s, want %s", text, got, want)
		}
		out, err := exec.Command("/bin/sh", "-c", "printf %s "+quote(text)).Output()
		if err != nil || string(out) != text {
			t.Errorf("a shell makes %q of %q: %v", out, text, err)
		}
	}
}

// trusting is a client that trusts the certificate in a file. SSL_CERT_FILE does the same, but is read once a process.
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
