package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/oauth2"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	finapiapi "github.com/finsdk/finsdk-go/gen/finapi/api"
	fincalcapi "github.com/finsdk/finsdk-go/gen/fincalc/api"
	finventiapi "github.com/finsdk/finsdk-go/gen/finventi/api"
	onefinopsapi "github.com/finsdk/finsdk-go/gen/onefinops/api"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// vendor is what the demo shows of one vendor.
type vendor struct {
	name      sandbox.Vendor
	title     string
	source    *auth.TokenSource
	shown     []string                                   // claims besides issuer and audience
	operation string                                     // the resource call
	call      caller                                     // calls it
	renewed   func(old, new *oauth2.Token) error         // checks the renewal
	renewal   string                                     // how it is renewed
	epilogue  func(ctx context.Context, v *vendor) error // shows more; may be nil
	token     *oauth2.Token                              // the newest one so far
}

// caller calls a vendor's API with the client generated from its document, and describes the
// result.
type caller func(ctx context.Context, by doer, edit editor) (string, error)

type (
	doer interface {
		Do(*http.Request) (*http.Response, error)
	}
	editor = func(context.Context, *http.Request) error
)

// noEditor leaves the Bearer header to the doer.
func noEditor(context.Context, *http.Request) error { return nil }

// answered describes an API's answer in a line of the story. It returns an error unless the answer
// is a success.
func answered(status string, success bool, text string) (string, error) {
	line := strings.TrimSuffix(fmt.Sprintf("%s, %s", status, text), ", ")
	if !success {
		return "", errors.New(line)
	}
	return line, nil
}

func (v *vendor) claims(c auth.Claims) string {
	parts := []string{"iss " + c.Issuer, "aud " + strings.Join(c.Audience, " ")}
	if c.Issuer == "" {
		parts = parts[1:]
	}
	for _, name := range v.shown {
		parts = append(parts, name+" "+c.String(name))
	}
	return strings.Join(parts, ", ")
}

func (d *demo) finventi() (*vendor, error) {
	config := d.sandbox.Finventi()
	source, err := finventi.NewTokenSource(config, d.options...)
	return &vendor{
		name:      sandbox.Finventi,
		title:     "Finventi, by client credentials",
		source:    source,
		shown:     []string{"client_id", "preferred_username"},
		operation: "POST /reports/sask/v1/accounts",
		call: func(ctx context.Context, by doer, edit editor) (string, error) {
			client, err := finventiapi.NewClientWithResponses(config.APIURL, finventiapi.WithHTTPClient(by), finventiapi.WithRequestEditorFn(edit))
			if err != nil {
				return "", err
			}
			resp, err := client.ReportAccountsWithResponse(ctx, []finventiapi.NewAccountReport{{
				AccountType: finventiapi.ReportedAccountTypeCURRENTACCOUNT, IBAN: "LT601010012345678901", Currency: "EUR", OpenedDate: finsdk.NewDate(2026, 11, 28),
			}})
			if err != nil {
				return "", err
			}
			if resp.JSON200 == nil {
				return answered(resp.Status(), false, "")
			}
			return answered(resp.Status(), true, "status "+(*resp.JSON200)[0].Status)
		},
		renewal: "minted anew",
	}, err
}

func (d *demo) finapi() (*vendor, error) {
	config := d.sandbox.FinAPI()
	source, err := finapi.NewTokenSource(config, d.options...)
	return &vendor{
		name:      sandbox.FinAPI,
		title:     "finAPI Demobank, by password and refresh token",
		source:    source,
		shown:     []string{"preferred_username", "mandator_name"},
		operation: "GET /whoami",
		call: func(ctx context.Context, by doer, edit editor) (string, error) {
			client, err := finapiapi.NewClientWithResponses(config.APIURL, finapiapi.WithHTTPClient(by), finapiapi.WithRequestEditorFn(edit))
			if err != nil {
				return "", err
			}
			resp, err := client.WhoAmIWithResponse(ctx)
			if err != nil {
				return "", err
			}
			if resp.JSON200 == nil {
				return answered(resp.Status(), false, "")
			}
			return answered(resp.Status(), true, "username "+resp.JSON200.Username)
		},
		renewal: "by refresh token, in the same session",
		renewed: func(old, new *oauth2.Token) error {
			if was, is := old.Extra("session_state"), new.Extra("session_state"); was != is || is == nil {
				return fmt.Errorf("the session changed from %v to %v", was, is)
			}
			return nil
		},
		epilogue: func(ctx context.Context, v *vendor) error {
			if ended := d.sandbox.LogoutUser(config.Mandator, config.Username); ended != 1 {
				return fmt.Errorf("%d sessions ended, want 1", ended)
			}
			before := v.token
			answer, err := v.call(ctx, v.source.Client(), noEditor)
			if err != nil {
				return err
			}
			if v.token, err = v.source.TokenContext(ctx); err != nil {
				return err
			}
			if v.renewed(before, v.token) == nil {
				return errors.New("the token still belongs to the session that has ended")
			}
			count, err := d.requests(v, 4)
			if err != nil {
				return err
			}
			d.line("session", "ends at the vendor: the API refuses the token, and the vendor the refresh token. The source logs in again by password, the call is replayed, and the caller sees only %s: %s", answer, count)
			return nil
		},
	}, err
}

func (d *demo) onefinops() (*vendor, error) {
	config := d.sandbox.OneFinOps()
	source, err := onefinops.NewTokenSource(config, d.options...)
	return &vendor{
		name:      sandbox.OneFinOps,
		title:     "OneFinOps, by client credentials",
		source:    source,
		shown:     []string{"client_id", "organization_id"},
		operation: "POST /v1/einvoices/generate",
		call:      generateEInvoice(config.APIURL),
		renewal:   "minted anew",
	}, err
}

// invoice is the one that the demo registers.
var invoice = onefinopsapi.EInvoiceRequest{
	DocumentDetails:    onefinopsapi.EInvoiceDocument{Type: onefinopsapi.DocumentTypeInvoice, Number: "DEMO/1", Date: finsdk.NewDate(2026, 5, 14)},
	TransactionDetails: onefinopsapi.EInvoiceTransaction{TaxScheme: onefinopsapi.TaxSchemeGST, SupplyType: onefinopsapi.SupplyTypeB2B},
	Seller: onefinopsapi.EInvoiceSeller{GSTIN: "36AMBPG7773M002", LegalName: "Seller Pvt Ltd", Address1: "1 Market Road",
		Location: "Hyderabad", Pincode: 500032, StateCode: "36"},
	Buyer: onefinopsapi.EInvoiceBuyer{GSTIN: "27FGHIJ5678K1Z2", LegalName: "Buyer Pvt Ltd", Address1: "2 Hill Road",
		Location: "Mumbai", Pincode: 400001, StateCode: "27"},
	Items: []onefinopsapi.EInvoiceItem{{SerialNumber: "1", IsService: onefinopsapi.YesNoYes, HSNCode: "998314", Quantity: 1,
		UnitPrice: 10000, TotalAmount: 10000}},
	ValueDetails: onefinopsapi.EInvoiceValues{"totalInvoiceValue": 11800},
}

// generateEInvoice calls OneFinOps's API at the given base.
func generateEInvoice(apiURL string) caller {
	return func(ctx context.Context, by doer, edit editor) (string, error) {
		client, err := onefinopsapi.NewClientWithResponses(apiURL, onefinopsapi.WithHTTPClient(by), onefinopsapi.WithRequestEditorFn(edit))
		if err != nil {
			return "", err
		}
		resp, err := client.GenerateEInvoiceWithResponse(ctx, &onefinopsapi.GenerateEInvoiceParams{GSTIN: invoice.Seller.GSTIN}, invoice)
		switch {
		case err != nil:
			return "", err
		case resp.JSON200 != nil:
			return answered(resp.Status(), true, "IRN "+resp.JSON200.IRN[:8]+"…")
		case resp.JSON401 != nil:
			return answered(resp.Status(), false, resp.JSON401.Message)
		}
		return answered(resp.Status(), false, "")
	}
}

func (d *demo) fincalc() (*vendor, error) {
	config := d.sandbox.FinCalc()
	source, err := fincalc.NewTokenSource(config, d.options...)
	return &vendor{
		name:      sandbox.FinCalc,
		title:     "FinCalc, by client credentials in JSON",
		source:    source,
		operation: "GET /api/v2/clients",
		call: func(ctx context.Context, by doer, edit editor) (string, error) {
			client, err := fincalcapi.NewClientWithResponses(config.APIURL, fincalcapi.WithHTTPClient(by), fincalcapi.WithRequestEditorFn(edit))
			if err != nil {
				return "", err
			}
			resp, err := client.ListClientsWithResponse(ctx, &fincalcapi.ListClientsParams{})
			if err != nil {
				return "", err
			}
			if resp.JSON200 == nil {
				return answered(resp.Status(), false, "")
			}
			return answered(resp.Status(), true, fmt.Sprintf("%d clients", len(resp.JSON200.Data)))
		},
		renewal: "minted anew",
	}, err
}
