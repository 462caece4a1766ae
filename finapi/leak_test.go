package finapi

import (
	"fmt"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

const (
	leakPassword = `geh&im=+% ü"'/x` + "\nzwei"
	leakToken    = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJsZWFrIn0.c2ln"
	leakRefresh  = "opaque-refresh-0123456789"
)

func leaky(url string) Config {
	return Config{Mandator: "m", Username: "u", Password: auth.NewSecret(leakPassword), AuthURL: url, APIURL: url}
}

func TestBehaviour31NoExportedTypeShowsASecret(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, fmt.Sprintf(
		`{"access_token":%q,"expires_in":900,"token_type":"Bearer","refresh_token":%q,"refresh_expires_in":1800,"mandator_name":"M"}`, leakToken, leakRefresh)))
	c := leaky(vendor.URL)
	g := newGrant(t, c)
	token, err := g.Password(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	refreshed, err := g.Refresh(t.Context(), token.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	source, err := NewTokenSource(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.TokenContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"Config": c, "*Config": &c, "[]*Config": []*Config{&c}, "*Grant": g, "*Token": token, "refreshed": refreshed, "TokenOf": *token,
		"map": map[string]*Token{"a": token}, "TokenSource": struct{ Source *auth.TokenSource }{source},
	} {
		vendortest.NoLeak(t, name, v, leakPassword, leakToken, leakRefresh)
	}
}

func TestBehaviour31NoErrorShowsAnEchoedSecret(t *testing.T) {
	for name, answer := range vendortest.Echoes(leakPassword, leakToken) {
		t.Run(name, func(t *testing.T) {
			vendor := vendortest.New(t, answer)
			g := newGrant(t, leaky(vendor.URL))
			_, err := g.Password(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			vendortest.NoLeak(t, "password grant", err, leakPassword, leakToken)
			source, sourceErr := NewTokenSource(leaky(vendor.URL))
			if sourceErr != nil {
				t.Fatal(sourceErr)
			}
			_, err = source.Token()
			vendortest.NoLeak(t, "error of the source", err, leakPassword, leakToken)
		})
	}
	for name, answer := range vendortest.Echoes(leakRefresh, leakToken) {
		t.Run("refresh, "+name, func(t *testing.T) {
			vendor := vendortest.New(t, answer)
			_, err := newGrant(t, leaky(vendor.URL)).Refresh(t.Context(), auth.NewSecret(leakRefresh))
			if err == nil {
				t.Fatal("no error")
			}
			vendortest.NoLeak(t, "refresh_token grant", err, leakPassword, leakToken, leakRefresh)
		})
	}
}
