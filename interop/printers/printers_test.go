// Package printers_test lets encoders, dumpers and the diffs of test libraries print values that
// hold secrets.
package printers_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/davecgh/go-spew/spew"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"gopkg.in/yaml.v3"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

const secret = "geheim-0815"

// configs returns the vendors' Configs as services have them, with the secret in the field and from
// a source.
func configs() map[string]any {
	s := auth.NewSecret(secret)
	source := auth.StaticSecret(s)
	return map[string]any{
		"finventi":            finventi.Config{ClientID: "a", ClientSecret: s},
		"finventi, source":    finventi.Config{ClientID: "a", SecretSource: source},
		"finapi":              finapi.Config{Mandator: "m", Username: "u", Password: s},
		"finapi, source":      finapi.Config{Mandator: "m", Username: "u", SecretSource: source},
		"onefinops":           onefinops.Config{ClientID: "a", ClientSecret: s},
		"onefinops, source":   onefinops.Config{ClientID: "a", SecretSource: source},
		"fincalc":             fincalc.Config{ClientID: "a", ClientSecret: s},
		"fincalc, source":     fincalc.Config{ClientID: "a", SecretSource: source},
		"a pointer":           &fincalc.Config{ClientID: "a", ClientSecret: s},
		"a service's own one": struct{ Vendors []finapi.Config }{[]finapi.Config{{Password: s}}},
	}
}

func TestConfig_encoders(t *testing.T) {
	encoders := map[string]func(any) ([]byte, error){
		"json":      json.Marshal,
		"json line": func(v any) ([]byte, error) { return json.MarshalIndent(v, "", "\t") },
		"xml": func(v any) ([]byte, error) {
			var b bytes.Buffer
			err := xml.NewEncoder(&b).EncodeElement(v, xml.StartElement{Name: xml.Name{Local: "config"}})
			return b.Bytes(), err
		},
		"yaml": yaml.Marshal,
		"gob": func(v any) ([]byte, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return b.Bytes(), err
		},
	}
	for encoder, encode := range encoders {
		for name, config := range configs() {
			text, err := encode(config)
			if err != nil || bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s of %s: %q, %v", encoder, name, text, err)
			}
			if !strings.Contains(name, "source") && !bytes.Contains(text, []byte("[redacted]")) {
				t.Errorf("%s of %s: %q", encoder, name, text)
			}
		}
	}
}

// A Config that was encoded and decoded says so, instead of sending "[redacted]".
func TestConfig_throughYAML(t *testing.T) {
	text, err := yaml.Marshal(configs()["onefinops"])
	if err != nil {
		t.Fatal(err)
	}
	var config onefinops.Config
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	_, err = onefinops.NewTokenSource(config)
	if err == nil || !strings.Contains(err.Error(), "an encoder writes in place of a secret") {
		t.Errorf("got %v", err)
	}
}

// failures keeps testify's messages about failed assertions.
type failures struct{ text strings.Builder }

func (f *failures) Errorf(format string, args ...any) { fmt.Fprintf(&f.text, format, args...) }

func TestDumpers(t *testing.T) {
	config := sandbox.Start(t).FinAPI()
	source, err := finapi.NewTokenSource(config)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	grant, err := finapi.NewGrant(config)
	if err != nil {
		t.Fatal(err)
	}
	token, err := grant.Password(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client, err := finapi.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	ofClient, err := client.TokenSource().Token()
	if err != nil {
		t.Fatal(err)
	}
	hidden := []string{ofClient.AccessToken, ofClient.RefreshToken, config.Password.Reveal(), raw.AccessToken, raw.RefreshToken, token.AccessToken.Reveal(), token.RefreshToken.Reveal()}
	everything := cmp.Exporter(func(reflect.Type) bool { return true }) // unexported fields too
	noMethods := spew.ConfigState{Indent: " ", DisableMethods: true}
	for name, v := range map[string]any{
		"Config": config, "*Config": &config, "Secret": config.Password, "*Grant": grant, "*Token": token,
		"*TokenSource": source, "*http.Client": source.Client(), "*Client": client, "Client": *client, "a struct": struct{ source *auth.TokenSource }{source},
	} {
		var wrong failures
		assert.Equal(&wrong, nil, v)
		assert.Equal(&wrong, fmt.Sprint(v), v)
		assert.Equal(&wrong, finapi.Config{}, v)
		assert.Equal(&wrong, &finapi.Token{}, v)
		for how, text := range map[string]string{
			"spew":                 spew.Sdump(v),
			"spew without methods": noMethods.Sdump(v),
			"testify":              wrong.text.String(),
			"go-cmp":               cmp.Diff(nil, v, everything),
			"go-cmp of a Config":   cmp.Diff(finapi.Config{}, v, everything),
			"go-cmp of a Token":    cmp.Diff(&finapi.Token{}, v, everything),
		} {
			if text == "" {
				t.Errorf("%s of %s is empty", how, name)
			}
			for _, h := range hidden {
				if strings.Contains(text, h) {
					t.Errorf("%s of %s shows %q", how, name, h)
				}
			}
		}
	}
}
