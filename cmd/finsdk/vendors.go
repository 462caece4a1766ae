package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/oauth2"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// vendor is what the demo shows of one vendor.
type vendor struct {
	name     sandbox.Vendor
	title    string
	source   *auth.TokenSource
	shown    []string                                   // claims besides issuer and audience
	story    func(ctx context.Context) error            // calls the API
	renewed  func(old, new *oauth2.Token) error         // checks the renewal
	renewal  string                                     // how the token is renewed
	epilogue func(ctx context.Context, v *vendor) error // shows more; may be nil
	token    *oauth2.Token                              // the newest token so far
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
	client, err := finventi.NewClient(d.sandbox.Finventi(), d.options...)
	if err != nil {
		return nil, err
	}
	payees, err := finventi.NewClient(d.sandbox.FinventiProduct(finventi.VerificationOfPayee), d.options...)
	if err != nil {
		return nil, err
	}
	return &vendor{
		name:   sandbox.Finventi,
		title:  "Finventi: an account is reported and closed, and a payee verified",
		source: client.TokenSource(),
		shown:  []string{"client_id", "preferred_username"},
		story: func(ctx context.Context) error {
			reported, err := client.ReportAccounts(ctx, []finventi.NewAccountReport{{
				AccountType: finventi.ReportedAccountTypeCurrentAccount, IBAN: "LT601010012345678901", Currency: "EUR", OpenedDate: finsdk.NewDate(2026, 11, 28),
			}})
			if err != nil {
				return err
			}
			account := reported[0]
			d.line("report", "POST /reports/sask/v1/accounts: status %s, refId %s…", account.Status, account.Data.RefID[:8])
			account.Data.ClosedDate = finsdk.NewDate(2026, 11, 29)
			changed, err := client.UpdateAccounts(ctx, []finventi.ReportedAccount{account.Data})
			if err != nil {
				return err
			}
			d.line("close", "PUT /reports/sask/v1/accounts: status %s, closed on %s", changed[0].Status, changed[0].Data.ClosedDate)
			return nil
		},
		renewal: "minted anew",
		epilogue: func(ctx context.Context, v *vendor) error {
			payee, err := payees.VerifyPayee(ctx, &finventi.VerifyPayeeParams{}, finventi.PayeeVerificationRequest{
				IBAN: "DE89370400440532013000", AccountHolderName: "E. Mustermann",
			})
			if err != nil {
				return err
			}
			count, err := d.requests(v, 3)
			if err != nil {
				return err
			}
			d.line("verify", "POST /v1/accounts/payee-verification, of another product with a client of its own: %s, the name is %s: %s",
				payee.MatchResult, payee.RealName, count)
			return nil
		},
	}, nil
}

func (d *demo) finapi() (*vendor, error) {
	config := d.sandbox.FinAPI()
	client, err := finapi.NewClient(config, d.options...)
	if err != nil {
		return nil, err
	}
	return &vendor{
		name:   sandbox.FinAPI,
		title:  "finAPI Demobank: a user logs in, stays logged in, and is logged out",
		source: client.TokenSource(),
		shown:  []string{"preferred_username", "mandator_name"},
		story: func(ctx context.Context) error {
			identity, err := client.WhoAmI(ctx)
			if err != nil {
				return err
			}
			d.line("ask", "GET /whoami: username %s", identity.Username)
			return nil
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
			identity, err := client.WhoAmI(ctx)
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
			d.line("log out", "the session ends at the vendor: the API refuses the token, and the vendor the refresh token. The source logs in again by password, the call is replayed, and the caller sees only username %s: %s", identity.Username, count)
			return nil
		},
	}, nil
}

func (d *demo) onefinops() (*vendor, error) {
	client, err := onefinops.NewClient(d.sandbox.OneFinOps(), d.options...)
	if err != nil {
		return nil, err
	}
	return &vendor{
		name:   sandbox.OneFinOps,
		title:  "OneFinOps: an e-invoice is registered, fetched and cancelled",
		source: client.TokenSource(),
		shown:  []string{"client_id", "organization_id"},
		story: func(ctx context.Context) error {
			registered, err := client.GenerateEInvoice(ctx, &onefinops.GenerateEInvoiceParams{GSTIN: invoice.Seller.GSTIN}, invoice)
			if err != nil {
				return err
			}
			d.line("register", "POST /v1/einvoices/generate: IRN %s…, acknowledged at %s", registered.IRN[:8], registered.AckDate.Format("15:04:05 MST"))
			fetched, err := client.GetEInvoiceByIRN(ctx, &onefinops.GetEInvoiceByIRNParams{GSTIN: invoice.Seller.GSTIN, IRN: registered.IRN})
			if err != nil {
				return err
			}
			d.line("fetch", "GET /v1/einvoices/irn: a signed invoice of %d characters, and a QR code", len(fetched.SignedInvoice))
			reason := onefinops.EInvoiceCancellation{IRN: registered.IRN, ReasonCode: onefinops.EInvoiceCancelReasonDataEntryError, Remarks: "wrong buyer"}
			params := &onefinops.CancelEInvoiceParams{GSTIN: invoice.Seller.GSTIN}
			cancelled, err := client.CancelEInvoice(ctx, params, reason)
			if err != nil {
				return err
			}
			d.line("cancel", "POST /v1/einvoices/cancel: status %s, %s", cancelled.Status, cancelled.Remarks)
			_, err = client.CancelEInvoice(ctx, params, reason)
			var refusal *finsdk.APIError
			if !errors.Is(err, finsdk.ErrConflict) || !errors.As(err, &refusal) {
				return fmt.Errorf("cancelled twice: %w", err)
			}
			d.line("again", "an error, finsdk.ErrConflict: %d %s; %s", refusal.StatusCode, refusal.Code, refusal.Hint)
			return nil
		},
		renewal: "minted anew",
	}, nil
}

// invoice is the e-invoice that the demo registers.
var invoice = onefinops.EInvoiceRequest{
	DocumentDetails:    onefinops.EInvoiceDocument{Type: onefinops.DocumentTypeInvoice, Number: "DEMO/1", Date: finsdk.NewDate(2026, 5, 14)},
	TransactionDetails: onefinops.EInvoiceTransaction{TaxScheme: onefinops.TaxSchemeGST, SupplyType: onefinops.SupplyTypeB2B},
	Seller: onefinops.EInvoiceSeller{GSTIN: "36AMBPG7773M002", LegalName: "Seller Pvt Ltd", Address1: "1 Market Road",
		Location: "Hyderabad", Pincode: 500032, StateCode: "36"},
	Buyer: onefinops.EInvoiceBuyer{GSTIN: "27FGHIJ5678K1Z2", LegalName: "Buyer Pvt Ltd", Address1: "2 Hill Road",
		Location: "Mumbai", Pincode: 400001, StateCode: "27"},
	Items: []onefinops.EInvoiceItem{{SerialNumber: "1", IsService: onefinops.YesNoYes, HSNCode: "998314", Quantity: 1,
		UnitPrice: 10000, TotalAmount: 10000}},
	ValueDetails: onefinops.EInvoiceValues{"totalInvoiceValue": 11800},
}

func (d *demo) fincalc() (*vendor, error) {
	client, err := fincalc.NewClient(d.sandbox.FinCalc(), d.options...)
	if err != nil {
		return nil, err
	}
	return &vendor{
		name:   sandbox.FinCalc,
		title:  "FinCalc: an adviser's clients are listed, and one is tagged",
		source: client.TokenSource(),
		story: func(ctx context.Context) error {
			var clients []fincalc.ClientListItem
			for one, err := range client.AllClients(ctx, &fincalc.ListClientsParams{PageSize: new(3)}) {
				if err != nil {
					return err
				}
				clients = append(clients, one)
			}
			last := clients[len(clients)-1]
			d.line("list", "GET /api/v2/clients, three a page: %d clients, the last is %s %s", len(clients), last.FirstName, last.Surname)
			created, err := client.CreateCompanyTag(ctx, fincalc.TagRequest{TagName: "Review due", TagColour: "#336699"})
			if err != nil {
				return err
			}
			tags, err := client.AddClientTag(ctx, last.ClientGUID, fincalc.ClientTagRequest{TagGUID: created.Data.TagGUID})
			if err != nil {
				return err
			}
			d.line("tag", "POST /api/v2/clients/%s…/tags: %s has the tag %q", last.ClientGUID[:8], last.FirstName, tags.Data[0].TagName)
			_, err = client.CreateCompanyTag(ctx, fincalc.TagRequest{TagName: "A name of more than 25 characters", TagColour: "#336699"})
			var refusal *finsdk.APIError
			if !errors.Is(err, finsdk.ErrUnprocessable) || !errors.As(err, &refusal) {
				return fmt.Errorf("a name that is too long: %w", err)
			}
			d.line("too long", "an error, finsdk.ErrUnprocessable: %d, %s", refusal.StatusCode, refusal.Fields[0].Message)
			return nil
		},
		renewal: "minted anew",
	}, nil
}
