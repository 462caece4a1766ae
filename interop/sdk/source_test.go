package sdk_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
)

// These tests do not test APIs, so most use any loopback address.
const anyAPI = "http://127.0.0.1:9"

func finventiSource(t *testing.T, c finventi.Config, opts ...auth.Option) *auth.TokenSource {
	t.Helper()
	if c.APIURL == "" {
		c.APIURL = anyAPI
	}
	s, err := finventi.NewTokenSource(c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func finapiSource(t *testing.T, c finapi.Config, opts ...auth.Option) *auth.TokenSource {
	t.Helper()
	if c.APIURL == "" {
		c.APIURL = anyAPI
	}
	s, err := finapi.NewTokenSource(c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func onefinopsSource(t *testing.T, c onefinops.Config, opts ...auth.Option) *auth.TokenSource {
	t.Helper()
	if c.APIURL == "" {
		c.APIURL = anyAPI
	}
	s, err := onefinops.NewTokenSource(c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A secretFile is a mounted secret.
type secretFile struct{ path string }

func newSecretFile(t *testing.T, secret string) secretFile {
	t.Helper()
	f := secretFile{filepath.Join(t.TempDir(), "secret")}
	f.replace(t, secret)
	return f
}

// replace replaces the secret by a rename, as Kubernetes does.
func (f secretFile) replace(t *testing.T, secret string) {
	t.Helper()
	next := f.path + ".next"
	if err := os.WriteFile(next, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, f.path); err != nil {
		t.Fatal(err)
	}
}
