package finventi

import (
	"fmt"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

const (
	leakSecret = `geh&im=+% ü"'/x` + "\nzwei"
	leakToken  = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJsZWFrIn0.c2ln"
)

func TestBehaviour31NoExportedTypeShowsASecret(t *testing.T) {
	vendor := vendortest.New(t, vendortest.Answer(200, fmt.Sprintf(`{"access_token":%q,"expires_in":900,"token_type":"Bearer"}`, leakToken)))
	c := Config{ClientID: "a", ClientSecret: auth.NewSecret(leakSecret), AuthURL: vendor.URL, APIURL: vendor.URL}
	g := newGrant(t, c)
	token, err := g.ClientCredentials(t.Context())
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
	withSource := c
	withSource.ClientSecret, withSource.SecretSource = auth.Secret{}, auth.StaticSecret(auth.NewSecret(leakSecret))
	for name, v := range map[string]any{
		"Config": c, "*Config": &c, "Config with source": withSource, "*Grant": g, "*Token": token, "TokenSource": struct{ Source *auth.TokenSource }{source},
		"[]Config": []Config{c}, "map": map[string]*Token{"a": token}, "[]*Config": []*Config{&c},
	} {
		vendortest.NoLeak(t, name, v, leakSecret, leakToken)
	}
}

func TestBehaviour31NoErrorShowsAnEchoedSecret(t *testing.T) {
	for name, answer := range vendortest.Echoes(leakSecret, leakToken) {
		t.Run(name, func(t *testing.T) {
			vendor := vendortest.New(t, answer)
			c := Config{ClientID: "a", ClientSecret: auth.NewSecret(leakSecret), AuthURL: vendor.URL, APIURL: vendor.URL}
			_, err := newGrant(t, c).ClientCredentials(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			vendortest.NoLeak(t, "error", err, leakSecret, leakToken)
			source, sourceErr := NewTokenSource(c)
			if sourceErr != nil {
				t.Fatal(sourceErr)
			}
			_, err = source.Token()
			vendortest.NoLeak(t, "error of the source", err, leakSecret, leakToken)
		})
	}
}
