package vendortest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
)

// leaky is a Config with a secret that is easily mistaken in what is printed.
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
