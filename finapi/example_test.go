package finapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
)

// newVendor plays finAPI: the token endpoint and one API call at one address.
func newVendor() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.PostFormValue("password") == "correct", r.PostFormValue("refresh_token") == "a-refresh-token":
			_, _ = io.WriteString(w, `{"access_token":"an-access-token","expires_in":900,"refresh_expires_in":1800,"refresh_token":"a-refresh-token",`+
				`"token_type":"Bearer","scope":"xs2a_mock:user profile","mandator_name":"finAPI Demobank","is_test_mandator":"true","is_technical_user":"false"}`)
		case r.PostFormValue("grant_type") == "refresh_token":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"invalid_grant","error_description":"Token is not active"}`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"invalid_grant","error_description":"Invalid user credentials"}`)
		}
	})
	mux.HandleFunc("GET /whoami", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
	})
	return httptest.NewServer(mux)
}

func ExampleNewTokenSource() {
	vendor := newVendor()
	defer vendor.Close()

	source, err := finapi.NewTokenSource(finapi.Config{
		Mandator: "customer",
		Username: "jo",
		Password: auth.NewSecret("correct"),
		AuthURL:  vendor.URL, // has the right default in a service
		APIURL:   vendor.URL,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := source.Client().Get(vendor.URL + "/whoami")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(body))

	token, err := source.TokenContext(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	details := finapi.TokenOf(token)
	fmt.Println(details.MandatorName, details.IsTestMandator, details.Err())
	// Output:
	// 200 Bearer an-access-token
	// finAPI Demobank true <nil>
}

func ExampleGrant_Refresh() {
	vendor := newVendor()
	defer vendor.Close()

	grant, err := finapi.NewGrant(finapi.Config{Mandator: "customer", Username: "jo", Password: auth.NewSecret("correct"), AuthURL: vendor.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := grant.Password(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("refresh token:", token.RefreshToken, "for", token.RefreshExpiry.Sub(token.Expiry), "longer")

	_, err = grant.Refresh(context.Background(), token.RefreshToken)
	fmt.Println(err)
	_, err = grant.Refresh(context.Background(), auth.NewSecret("an-old-one"))
	fmt.Println(errors.Is(err, auth.ErrInvalidGrant), errors.Is(err, auth.ErrInvalidCredentials))
	// Output:
	// refresh token: [redacted] for 15m0s longer
	// <nil>
	// true false
}
