package onefinops_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// newVendor plays OneFinOps: the token endpoint and one API call at one address.
func newVendor() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.PostFormValue("client_secret") != "correct" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}`))
			return
		}
		_, _ = w.Write([]byte(`{"access_token":"an-access-token","expires_in":900,"token_type":"Bearer","scope":"onefinops.api"}`))
	})
	mux.HandleFunc("GET /v1/whoami", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(r.Header.Get("Authorization"))
	})
	return httptest.NewServer(mux)
}

func ExampleNewTokenSource() {
	vendor := newVendor()
	defer vendor.Close()

	source, err := onefinops.NewTokenSource(onefinops.Config{
		ClientID:     "ofin_test_example",
		ClientSecret: auth.NewSecret("correct"),
		AuthURL:      vendor.URL, // these two have the right defaults in a service
		APIURL:       vendor.URL,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := source.Client().Get(vendor.URL + "/v1/whoami")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	var header string
	_ = json.NewDecoder(resp.Body).Decode(&header)
	fmt.Println(resp.StatusCode, header)
	// Output: 200 Bearer an-access-token
}

// A service registers an e-invoice, and cancels it within 24 hours. It reads its Config with
// ConfigFromEnv.
func ExampleClient() {
	vendors := sandbox.New()
	server := httptest.NewServer(vendors)
	defer server.Close()

	client, err := onefinops.NewClient(vendors.OneFinOps(server.URL))
	if err != nil {
		log.Fatal(err)
	}
	ctx, gstin := context.Background(), "36AMBPG7773M002"
	invoice := onefinops.EInvoiceRequest{
		DocumentDetails:    onefinops.EInvoiceDocument{Type: onefinops.DocumentTypeInvoice, Number: "INV/1", Date: finsdk.NewDate(2026, 5, 14)},
		TransactionDetails: onefinops.EInvoiceTransaction{TaxScheme: onefinops.TaxSchemeGST, SupplyType: onefinops.SupplyTypeB2B},
		Seller:             onefinops.EInvoiceSeller{GSTIN: gstin, LegalName: "Seller", Address1: "1 Market Road", Location: "Hyderabad", Pincode: 500032, StateCode: "36"},
		Buyer:              onefinops.EInvoiceBuyer{GSTIN: "02AMBPG7773M002", LegalName: "Buyer", Address1: "2 Hill Road", Location: "Shimla", Pincode: 171001, StateCode: "02"},
		Items:              []onefinops.EInvoiceItem{{SerialNumber: "1", IsService: onefinops.YesNoNo, HSNCode: "8471", Quantity: 10, UnitPrice: 1000.1, TotalAmount: 10001}},
		ValueDetails:       onefinops.EInvoiceValues{"totalInvoiceValue": 11801.18},
	}
	registered, err := client.GenerateEInvoice(ctx, &onefinops.GenerateEInvoiceParams{GSTIN: gstin}, invoice)
	if err != nil {
		log.Fatal(err)
	}
	cancelled, err := client.CancelEInvoice(ctx, &onefinops.CancelEInvoiceParams{GSTIN: gstin},
		onefinops.EInvoiceCancellation{IRN: registered.IRN, ReasonCode: onefinops.EInvoiceCancelReasonDataEntryError, Remarks: "wrong buyer"})
	if errors.Is(err, finsdk.ErrConflict) {
		fmt.Println("too late: issue a credit note")
	} else if err != nil {
		log.Fatal(err)
	} else {
		fmt.Println(cancelled.Status)
	}
	// Output: CNL
}

func ExampleGrant_ClientCredentials() {
	vendor := newVendor()
	defer vendor.Close()

	grant, err := onefinops.NewGrant(onefinops.Config{ClientID: "ofin_test_example", ClientSecret: auth.NewSecret("wrong"), AuthURL: vendor.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = grant.ClientCredentials(context.Background())
	fmt.Println(errors.Is(err, auth.ErrInvalidCredentials))
	text, _, _ := strings.Cut(err.Error(), " (see ") // a link to the page that explains the error
	fmt.Println(text)
	// Output:
	// true
	// onefinops: client_credentials grant: credentials rejected: the vendor answered 401 Unauthorized (unauthorized_client): "Invalid client or Invalid client credentials"; check the client id and secret, and that they are not swapped, in the Developer hub, Sandbox tab; after a rotation the old secret works for 24 hours only
}

func ExampleConfig_Validate() {
	err := onefinops.Config{ClientID: "my-client"}.Validate()
	for _, field := range auth.FieldErrors(err) {
		fmt.Println(field)
	}
	// Output:
	// ClientID (ONEFINOPS_CLIENT_ID) starts with neither ofin_live_ nor ofin_test_, followed by the rest of the id: check that it is not swapped with the secret
	// ClientSecret (ONEFINOPS_CLIENT_SECRET) is missing: set it, ONEFINOPS_CLIENT_SECRET_FILE or SecretSource
}
