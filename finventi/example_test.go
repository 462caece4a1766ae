package finventi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
)

// newVendor plays Finventi: the token endpoint and one API call at one address.
func newVendor() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if !strings.Contains(r.URL.Path, "/sti-connector/") {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":"Realm does not exist"}`)
			return
		}
		_, _ = io.WriteString(w, `{"access_token":"an-access-token","expires_in":2700,"refresh_expires_in":0,"token_type":"Bearer","not-before-policy":0,"scope":"profile email"}`)
	})
	mux.HandleFunc("POST /v1/accounts/payee-verification", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
	})
	return httptest.NewServer(mux)
}

func ExampleNewTokenSource() {
	vendor := newVendor()
	defer vendor.Close()

	source, err := finventi.NewTokenSource(finventi.Config{
		ClientID:     "my-client",
		ClientSecret: auth.NewSecret("my-secret"),
		AuthURL:      vendor.URL, // by default the Environment's
		APIURL:       vendor.URL,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := source.Client().Post(vendor.URL+"/v1/accounts/payee-verification", "application/json", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(body))
	// Output: 200 Bearer an-access-token
}

func ExampleGrant_ClientCredentials() {
	vendor := newVendor()
	defer vendor.Close()

	grant, err := finventi.NewGrant(finventi.Config{ClientID: "my-client", ClientSecret: auth.NewSecret("my-secret"), AuthURL: vendor.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := grant.ClientCredentials(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.AccessToken, token.Scope)

	grant, err = finventi.NewGrant(finventi.Config{ClientID: "my-client", ClientSecret: auth.NewSecret("my-secret"), AuthURL: vendor.URL, Realm: "no-such-tenant"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = grant.ClientCredentials(context.Background())
	var failure *auth.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.StatusCode, failure.Description)
		fmt.Println(failure.Hint)
	}
	// Output:
	// [redacted] [profile email]
	// 404 Realm does not exist
	// check Realm, which is the product's or the tenant's, and Environment or AuthURL
}
