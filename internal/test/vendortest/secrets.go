package vendortest

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

// leaky returns a Config with a secret that a printer may change.
func (v Vendor[C, G, T]) leaky(t testing.TB, base string) C {
	c := v.Documented(t, base)
	v.secret().set(&c, leakSecret)
	v.field("APIURL").set(&c, base)
	return c
}

const (
	leakSecret  = `geh&im=+% ü"'/x` + "\nzwei"
	leakToken   = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJsZWFrIn0.c2ln"
	leakRefresh = "opaque-refresh-0123456789"
)

func (v Vendor[C, G, T]) testPrinting(t *testing.T) {
	answer, documented := readDocument(t, v.Name).answer(t)
	answer = strings.ReplaceAll(answer, text(documented["access_token"]), leakToken)
	if old, ok := documented["refresh_token"]; ok {
		answer = strings.ReplaceAll(answer, text(old), leakRefresh)
	}
	client := Stub(http.StatusOK, answer)
	c := v.leaky(t, "https://gateway.test")
	fromSource := c
	v.fromSource(&fromSource, leakSecret)
	g := v.Grant(t, c)
	source := v.source(t, c, auth.WithHTTPClient(client))
	if _, err := source.TokenContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	printed := map[string]any{
		"Config": c, "*Config": &c, "[]Config": []C{c}, "[]*Config": []*C{&c}, "Config with SecretSource": fromSource,
		"Grant": g, "TokenSource": struct{ Source *auth.TokenSource }{source},
	}
	for _, e := range v.exchanges(t, leakRefresh) {
		token, err := e.call(t, g, client)
		if err != nil {
			t.Fatal(err)
		}
		if got := member[auth.Secret](t, token, "AccessToken").Reveal(); got != leakToken {
			t.Fatalf("access token %q, want %q", got, leakToken)
		}
		printed["Token of "+e.documented.grant()] = token
		printed["map of "+e.documented.grant()] = map[string]T{"a": token}
	}
	for name, value := range printed {
		NoLeak(t, name, value, leakSecret, leakToken, leakRefresh)
	}
}

func (v Vendor[C, G, T]) testEchoes(t *testing.T) {
	for _, e := range v.exchanges(t, leakRefresh) {
		secret := leakSecret
		if e.documented.grant() == refreshGrant {
			secret = leakRefresh
		}
		hidden := []string{leakSecret, leakToken, leakRefresh}
		echoes := Echoes(secret, leakToken)
		if e.documented.basic {
			sent := authorization(v.clientID(v.leaky(t, "")), leakSecret)
			hidden = append(hidden, strings.TrimPrefix(sent, "Basic "))
			echoes["Authorization"] = Answer(http.StatusBadRequest, `{"error":{"message":"wrong header `+sent+`"}}`)
			echoes["Authorization in HTML"] = page(http.StatusBadRequest, "text/html", "<title>Authorization: "+sent+"</title>")
		}
		for name, answer := range echoes {
			t.Run(e.documented.grant()+"/"+name, func(t *testing.T) {
				c := v.leaky(t, New(t, answer).URL)
				_, err := e.call(t, v.Grant(t, c), http.DefaultClient)
				if err == nil {
					t.Fatal("no error")
				}
				NoLeak(t, "error", err, hidden...)
				if secret == leakSecret {
					_, err = v.source(t, c).TokenContext(t.Context())
					NoLeak(t, "error of the source", err, hidden...)
				}
			})
		}
	}
}

// A vendor's text keeps the words of the client id, the user or the realm, even if the secret has
// them too.
func (v Vendor[C, G, T]) testOwnWords(t *testing.T) {
	for _, f := range v.fields() {
		base := "https://gateway.test/"
		c := v.Documented(t, base)
		value, _, _ := strings.Cut(f.of(c), " ")
		if f.name == "APIURL" {
			value = base
		} else if f.secret || len(value) < 6 {
			continue
		}
		f.set(&c, value)
		secret := f.of(c) + "/Zq7Vx9Kw4711"
		v.secret().set(&c, secret)
		said := "nothing is allowed to " + f.of(c)
		for text, want := range map[string]string{said: said, said + " or " + secret: said + " or [redacted]"} {
			client := Stub(http.StatusBadRequest, `{"error":"invalid_request","error_description":"`+text+`"}`)
			_, direct := v.Ask(v.Grant(t, c), context.WithValue(t.Context(), oauth2.HTTPClient, client))
			_, shared := v.source(t, c, auth.WithHTTPClient(client)).TokenContext(t.Context())
			for _, err := range []error{direct, shared} {
				var e *auth.Error
				if !errors.As(err, &e) || e.Description != want {
					t.Errorf("%s: got %v, want %q", f.name, err, want)
				}
			}
		}
	}
}

func (v Vendor[C, G, T]) testEncoders(t *testing.T) {
	inField := v.leaky(t, "https://gateway.test")
	inSource := inField
	v.fromSource(&inSource, leakSecret)
	for name, encode := range map[string]func(any) ([]byte, error){
		"json": json.Marshal,
		"xml": func(c any) ([]byte, error) {
			var b bytes.Buffer
			err := xml.NewEncoder(&b).EncodeElement(c, xml.StartElement{Name: xml.Name{Local: "config"}})
			return b.Bytes(), err
		},
		"gob": func(c any) ([]byte, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(c)
			return b.Bytes(), err
		},
	} {
		for _, c := range []any{inField, &inField, inSource} {
			text, err := encode(c)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			NoLeak(t, name, string(text), leakSecret)
		}
	}
	text, err := json.Marshal(inField)
	if err != nil {
		t.Fatal(err)
	}
	var again C
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	WantFields(t, again.Validate(), v.Name, []string{v.secret().label()})
	WantText(t, again.Validate().Error(), "an encoder writes in place of a secret")
}
