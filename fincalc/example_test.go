package fincalc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/sandbox"
)

// newVendor plays FinCalc: the token endpoint and one API call at one address.
func newVendor() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			EmailAddress string `json:"email_address"`
		}
		w.Header().Set("Content-Type", "application/json")
		if json.NewDecoder(r.Body).Decode(&request) != nil || request.EmailAddress != "hello@example.com" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"success":false,"message":{"description":"Client authentication failed"}}`)
			return
		}
		_, _ = io.WriteString(w, `{"success":true,"data":{"token_type":"Bearer","expires_in":86400,"access_token":"an-access-token"}}`)
	})
	mux.HandleFunc("GET /api/v2/clients", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
	})
	return httptest.NewServer(mux)
}

func ExampleNewTokenSource() {
	vendor := newVendor()
	defer vendor.Close()

	config := fincalc.Config{
		ClientID:     "12345",
		ClientSecret: auth.NewSecret("my-secret"),
		Scope:        "fact-find client-information",
		EmailAddress: "hello@example.com",
		AuthURL:      vendor.URL, // these two have the right defaults in a service
		APIURL:       vendor.URL,
	}
	source, err := fincalc.NewTokenSource(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := source.Client().Get(config.APIBaseURL() + "/api/v2/clients")
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

	grant, err := fincalc.NewGrant(fincalc.Config{
		ClientID:     "12345",
		ClientSecret: auth.NewSecret("my-secret"),
		Scope:        "fact-find",
		EmailAddress: "somebody.else@example.com",
		AuthURL:      vendor.URL,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = grant.ClientCredentials(context.Background())
	fmt.Println(errors.Is(err, auth.ErrInvalidCredentials))
	var failure *auth.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Description)
		fmt.Println(failure.Hint)
	}
	// Output:
	// true
	// Client authentication failed
	// check the client id and its secret, that they are not swapped, and that EmailAddress is the address you log in to the FinCalc app with
}

// A service tags all clients with a surname. It imports package fincalc, and finsdk for the kinds
// of errors.
func ExampleClient_AllClients() {
	vendors := sandbox.New() // in a service, the vendor
	server := httptest.NewServer(vendors)
	defer server.Close()

	client, err := fincalc.NewClient(vendors.FinCalc(server.URL)) // in a service, the Config from ConfigFromEnv
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	tag, err := client.CreateCompanyTag(ctx, fincalc.TagRequest{TagName: "Review due", TagColour: "#336699"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for one, err := range client.AllClients(ctx, &fincalc.ListClientsParams{Surname: new("Patel")}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		tags, err := client.AddClientTag(ctx, one.ClientGUID, fincalc.ClientTagRequest{TagGUID: tag.Data.TagGUID})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(one.FirstName, one.DateOfBirth, tags.Data[0].TagName)
	}
	_, err = client.ListClientTags(ctx, "nobody", nil)
	fmt.Println(errors.Is(err, finsdk.ErrNotFound))
	// Output:
	// Priya 1979-02-14 Review due
	// true
}
