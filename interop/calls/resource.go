package calls

import (
	"context"
	"fmt"
	"net/http"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
	finapiapi "github.com/finsdk/finsdk-go/gen/finapi/api"
	fincalcapi "github.com/finsdk/finsdk-go/gen/fincalc/api"
	finventiapi "github.com/finsdk/finsdk-go/gen/finventi/api"
	onefinopsapi "github.com/finsdk/finsdk-go/gen/onefinops/api"
)

func finventiResources(c finventi.Config, source *auth.TokenSource, transport http.RoundTripper) ([]Call, error) {
	client, err := finventiapi.NewClientWithResponses(c.APIURL, finventiapi.WithHTTPClient(&http.Client{Transport: transport}),
		finventiapi.WithRequestEditorFn(source.Authorize))
	if err != nil {
		return nil, err
	}
	switch c.Product {
	case finventi.VerificationOfPayee:
		return payeeCalls(client), nil
	case finventi.Payments:
		return paymentsCalls(client), nil
	}
	return reportCalls(client), nil
}

func reportCalls(client *finventiapi.ClientWithResponses) []Call {
	return []Call{{"report an account", func(ctx context.Context) (any, error) {
		r, err := client.ReportAccountsWithResponse(ctx, []finventiapi.NewAccountReport{{
			AccountType: finventiapi.ReportedAccountTypeCURRENTACCOUNT, IBAN: "LT601010012345678901", Currency: "EUR", OpenedDate: finsdk.NewDate(2026, 5, 14),
			Owner: finventiapi.Person{
				Type: "F", Name: `ü & "quotes"`, Surname: "Surname", BirthDate: finsdk.NewDate(1990, 1, 31), AddressCountry: "LT", Address: "Vilnius",
				CodeCountry: "LT", CodeInForeignCountry: "1", DocumentType: "LT_PASSPORT", DocumentNumber: "1", Nationalities: []string{"LT"},
			},
		}})
		if err != nil {
			return nil, err
		}
		if r.JSON200 == nil {
			return nil, refused(r.HTTPResponse, r.Body)
		}
		return complete(*r.JSON200, nil, func() bool {
			return len(*r.JSON200) == 1 && (*r.JSON200)[0].Status != "" && (*r.JSON200)[0].Data.RefID != ""
		})
	}}}
}

func payeeCalls(client *finventiapi.ClientWithResponses) []Call {
	verify := func(name, key string, body finventiapi.PayeeVerificationRequest) Call {
		return Call{name, func(ctx context.Context) (any, error) {
			r, err := client.VerifyPayeeWithResponse(ctx, &finventiapi.VerifyPayeeParams{IdempotencyKey: key}, body)
			if err != nil {
				return nil, err
			}
			if r.JSON200 == nil {
				return nil, refused(r.HTTPResponse, r.Body)
			}
			return complete(*r.JSON200, nil, func() bool {
				return r.JSON200.MatchResult.Valid() && r.JSON200.ReferenceID != "" && !r.JSON200.Timestamp.IsZero()
			})
		}}
	}
	return []Call{
		verify("verify a payee by name", "key-1", finventiapi.PayeeVerificationRequest{
			IBAN: "LT123456789012345678", AccountHolderName: "Name Example",
		}),
		verify("verify a payee with everything", "key-2", finventiapi.PayeeVerificationRequest{
			IBAN:                       "LT123456789012345678",
			OrganisationIdentification: finventiapi.PayeeOrganisation{LEI: "5493001KJTIIGC8Y1R12"},
			AdditionalAttribute:        `ü & "quotes"`,
			RespondingPSPBIC:           "CBVILT2XXXX",
		}),
	}
}

func paymentsCalls(client *finventiapi.ClientWithResponses) []Call {
	return []Call{{"search accounts", func(ctx context.Context) (any, error) {
		r, err := client.SearchPaymentAccountsWithResponse(ctx, &finventiapi.SearchPaymentAccountsParams{AccountHolderName: new("ü & x"), Limit: new(100)})
		if err != nil {
			return nil, err
		}
		if r.JSON200 == nil {
			return nil, refused(r.HTTPResponse, r.Body)
		}
		return complete(*r.JSON200, nil, func() bool { return r.JSON200.Accounts != nil })
	}}}
}

func finapiResources(apiURL string, source *auth.TokenSource, transport http.RoundTripper) ([]Call, error) {
	client, err := finapiapi.NewClientWithResponses(apiURL, finapiapi.WithHTTPClient(&http.Client{Transport: transport}),
		finapiapi.WithRequestEditorFn(source.Authorize))
	if err != nil {
		return nil, err
	}
	return []Call{{"who am I", func(ctx context.Context) (any, error) {
		r, err := client.WhoAmIWithResponse(ctx)
		if err != nil {
			return nil, err
		}
		if r.JSON200 == nil {
			return nil, refused(r.HTTPResponse, r.Body)
		}
		return complete(*r.JSON200, nil, func() bool {
			return r.JSON200.Subject != "" && r.JSON200.Username != "" && r.JSON200.IsTestMandator.Valid() && r.JSON200.IsTechnicalUser.Valid()
		})
	}}}, nil
}

func onefinopsResources(apiURL string, source *auth.TokenSource, transport http.RoundTripper) ([]Call, error) {
	client, err := onefinopsapi.NewClientWithResponses(apiURL, onefinopsapi.WithHTTPClient(&http.Client{Transport: transport}),
		onefinopsapi.WithRequestEditorFn(source.Authorize))
	if err != nil {
		return nil, err
	}
	invoice := onefinopsapi.EInvoiceRequest{
		DocumentDetails:    onefinopsapi.EInvoiceDocument{Type: onefinopsapi.DocumentTypeInvoice, Number: "INV/2026/00001", Date: finsdk.NewDate(2026, 5, 14)},
		TransactionDetails: onefinopsapi.EInvoiceTransaction{TaxScheme: onefinopsapi.TaxSchemeGST, SupplyType: onefinopsapi.SupplyTypeB2B},
		Seller: onefinopsapi.EInvoiceSeller{GSTIN: "36AMBPG7773M002", LegalName: "Seller Pvt Ltd", Address1: "1 Market Road",
			Location: "Hyderabad", Pincode: 500032, StateCode: "36"},
		Buyer: onefinopsapi.EInvoiceBuyer{GSTIN: "27FGHIJ5678K1Z2", LegalName: "Buyer Pvt Ltd", Address1: "2 Hill Road",
			Location: "Mumbai", Pincode: 400001, StateCode: "27"},
		Items: []onefinopsapi.EInvoiceItem{{SerialNumber: "1", IsService: onefinopsapi.YesNoYes, HSNCode: "998314", Quantity: 1,
			UnitPrice: 10000, TotalAmount: 10000}},
		ValueDetails: onefinopsapi.EInvoiceValues{"totalInvoiceValue": 11800},
	}
	return []Call{{"register an e-invoice", func(ctx context.Context) (any, error) {
		r, err := client.GenerateEInvoiceWithResponse(ctx, &onefinopsapi.GenerateEInvoiceParams{GSTIN: "36AMBPG7773M002"}, invoice)
		if err != nil {
			return nil, err
		}
		if r.JSON200 == nil {
			return nil, refused(r.HTTPResponse, r.Body)
		}
		return complete(*r.JSON200, nil, func() bool { return r.JSON200.IRN != "" })
	}}}, nil
}

func fincalcResources(apiURL string, source *auth.TokenSource, transport http.RoundTripper) ([]Call, error) {
	client, err := fincalcapi.NewClientWithResponses(apiURL, fincalcapi.WithHTTPClient(&http.Client{Transport: transport}),
		fincalcapi.WithRequestEditorFn(source.Authorize))
	if err != nil {
		return nil, err
	}
	list := func(name string, params fincalcapi.ListClientsParams) Call {
		return Call{name, func(ctx context.Context) (any, error) {
			r, err := client.ListClientsWithResponse(ctx, &params)
			if err != nil {
				return nil, err
			}
			if r.JSON200 == nil {
				return nil, refused(r.HTTPResponse, r.Body)
			}
			return complete(*r.JSON200, nil, func() bool {
				return r.JSON200.Success && len(r.JSON200.Data) > 0 && r.JSON200.Data[0].ClientGUID != "" && r.JSON200.Meta.CurrentPage > 0
			})
		}}
	}
	page, size := 2, 1
	return []Call{
		list("list clients", fincalcapi.ListClientsParams{}),
		list("list a page of clients", fincalcapi.ListClientsParams{PageNumber: &page, PageSize: &size}),
	}, nil
}

// refused is an answer that is no success.
func refused(resp *http.Response, body []byte) error {
	return fmt.Errorf("%s: %s", resp.Status, body)
}
