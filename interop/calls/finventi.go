package calls

import (
	"context"
	"net/http"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/finventi"
)

// finventiResources returns the calls of the Config's product.
func finventiResources(c finventi.Config, transport http.RoundTripper) ([]Call, error) {
	client, err := finventi.NewClient(c, through(transport))
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

func reportCalls(client *finventi.Client) []Call {
	from, to := finsdk.NewDate(2026, 5, 14), finsdk.NewDate(2026, 11, 28)
	person := finventi.Person{Type: "F", Name: `ü & "quotes"`, BirthDate: finsdk.NewDate(1990, 1, 31), Nationalities: []string{"LT"},
		AdditionalProperties: map[string]any{"middleName": "M"}}
	account := finventi.ReportedAccount{RefID: "305697289_20250303_E5D11991C7B74CB0", // until the first call has told
		AccountType: finventi.ReportedAccountTypeCurrentAccount, IBAN: "LT601010012345678901", Currency: "EUR", OpenedDate: from}
	return []Call{
		{"report an account", func(ctx context.Context) (any, error) {
			r, err := client.ReportAccounts(ctx, []finventi.NewAccountReport{{
				AccountType: finventi.ReportedAccountTypeCurrentAccount, IBAN: "LT601010012345678901", Currency: "EUR", OpenedDate: from, Owner: person,
				Representatives: []finventi.NewRepresentativeReport{{DateFrom: from, Representative: person}},
			}})
			if err == nil && len(r) == 1 {
				account = r[0].Data
			}
			return complete(r, err, func() bool { return len(r) == 1 && r[0].Status != "" && account.RefID != "" })
		}},
		{"close an account", func(ctx context.Context) (any, error) {
			change := account
			change.ClosedDate = to
			r, err := client.UpdateAccounts(ctx, []finventi.ReportedAccount{change})
			return complete(r, err, func() bool { return len(r) == 1 && r[0].Data.RefID != "" })
		}},
		{"add a representative, and end that", func(ctx context.Context) (any, error) {
			r, err := client.AddRepresentatives(ctx, account.RefID, []finventi.NewRepresentativeReport{{DateFrom: from, Representative: person}})
			if err != nil || len(r) != 1 {
				return nil, err
			}
			one := r[0].Data
			one.DateTo = to
			r, err = client.UpdateRepresentatives(ctx, account.RefID, []finventi.ReportedRepresentative{one})
			return complete(r, err, func() bool { return len(r) == 1 && r[0].Data.RefID != "" })
		}},
		{"report a beneficial owner, and end that", func(ctx context.Context) (any, error) {
			r, err := client.ReportBeneficiaries(ctx, []finventi.NewBeneficiaryReport{
				{CodeInForeignCountry: "HRB1", Name: "Example Trading GmbH", DateFrom: from, Country: "DE", Beneficiary: person}})
			if err != nil || len(r) != 1 {
				return nil, err
			}
			one := r[0].Data
			one.DateTo = to
			r, err = client.UpdateBeneficiaries(ctx, []finventi.ReportedBeneficiary{one})
			return complete(r, err, func() bool { return len(r) == 1 && r[0].Data.RefID != "" })
		}},
	}
}

func payeeCalls(client *finventi.Client) []Call {
	verify := func(name, key string, body finventi.PayeeVerificationRequest) Call {
		return Call{name, func(ctx context.Context) (any, error) {
			r, err := client.VerifyPayee(ctx, &finventi.VerifyPayeeParams{IdempotencyKey: key}, body)
			return complete(r, err, func() bool { return r.MatchResult.Valid() && r.ReferenceID != "" && !r.Timestamp.IsZero() })
		}}
	}
	entry := finventi.PayeeAccount{IBAN: "LT123456789012345678", AccountHolderNames: []string{"Alice Johnson"}, ClientID: "ü/1"}
	update := finventi.PayeeAccountUpdate{AccountHolderNames: []string{"Alice Smith"}, Aliases: []string{}}
	return []Call{
		verify("verify a payee by name", "key-1", finventi.PayeeVerificationRequest{IBAN: "LT123456789012345678", AccountHolderName: "Name Example"}),
		verify("verify a payee with everything", "key-2", finventi.PayeeVerificationRequest{
			IBAN:                       "LT123456789012345678",
			OrganisationIdentification: finventi.PayeeOrganisation{LEI: "5493001KJTIIGC8Y1R12"},
			AdditionalAttribute:        `ü & "quotes"`,
			RespondingPSPBIC:           "CBVILT2XXXX",
		}),
		{"import accounts", func(ctx context.Context) (any, error) {
			r, err := client.ImportPayeeAccounts(ctx, &finventi.ImportPayeeAccountsParams{}, finventi.PayeeAccountImport{Accounts: []finventi.PayeeAccount{entry}})
			return complete(r, err, func() bool { return r.TotalCount > 0 })
		}},
		{"change the account of an IBAN", func(ctx context.Context) (any, error) {
			r, err := client.UpdatePayeeAccountByIBAN(ctx, entry.IBAN, update)
			return complete(r, err, func() bool { return r.IBAN != "" })
		}},
		{"change the accounts of a client", func(ctx context.Context) (any, error) {
			r, err := client.UpdatePayeeAccountsByClientID(ctx, entry.ClientID, update)
			return complete(r, err, func() bool { return len(r.Accounts) > 0 })
		}},
		{"delete accounts", func(ctx context.Context) (any, error) {
			r, err := client.DeletePayeeAccounts(ctx, finventi.PayeeAccountDeletion{ClientIDs: []string{entry.ClientID}})
			return complete(r, err, func() bool { return r.TotalCount > 0 })
		}},
	}
}

func paymentsCalls(client *finventi.Client) []Call {
	id := int64(1) // until the first call has told
	return []Call{
		{"create an account", func(ctx context.Context) (any, error) {
			r, err := client.CreatePaymentAccount(ctx, &finventi.CreatePaymentAccountParams{IdempotencyKey: "key-1"}, finventi.NewPaymentAccount{
				AccountType: finventi.PaymentAccountTypeLegal, AccountHolderName: `ü & "quotes"`, ClientAccountID: "client-1",
				CountryCode: "LT", BankCode: "10100", AccountCode: "12345678901", OrganisationIdentification: finventi.PaymentOrganisation{LEI: "5493001KJTIIGC8Y1R12"},
			})
			if err == nil {
				id = r.ID
			}
			return complete(r, err, func() bool { return r.ID != 0 && r.IBAN != "" && !r.CreatedAt.IsZero() })
		}},
		{"search accounts", func(ctx context.Context) (any, error) {
			r, err := client.SearchPaymentAccounts(ctx, &finventi.SearchPaymentAccountsParams{AccountHolderName: new("ü &"), Limit: new(100)})
			return complete(r, err, func() bool { return len(r.Accounts) > 0 })
		}},
		{"change an account", func(ctx context.Context) (any, error) {
			r, err := client.UpdatePaymentAccount(ctx, id, finventi.PaymentAccountUpdate{AccountHolderName: "Name"})
			return complete(r, err, func() bool { return r.ID != 0 })
		}},
		{"close an account", func(ctx context.Context) (any, error) {
			r, err := client.ChangePaymentAccountStatus(ctx, id, finventi.PaymentAccountStatusChange{Status: finventi.PaymentAccountStatusClosed})
			return complete(r, err, func() bool { return r.Status == finventi.PaymentAccountStatusClosed })
		}},
		{"pay", func(ctx context.Context) (any, error) {
			r, err := client.CreateSEPAPayment(ctx, &finventi.CreateSEPAPaymentParams{}, finventi.SEPAPaymentRequest{
				DebtorAccount: "LT601010012345678901", DebtorAmount: new(12.34), DebtorCurrency: "EUR", CreditorAccount: "LT123456789012345678",
				CreditorAmount: new(12.34), CreditorCurrency: "EUR", Instant: new(false), AdditionalProperties: map[string]any{"ucr_name": "Name"},
			})
			return complete(r, err, func() bool { return r.Result.ID != 0 })
		}},
		{"approve a payment", func(ctx context.Context) (any, error) {
			r, err := client.ApproveTransaction(ctx, 2001)
			return complete(r, err, func() bool { return r.SignatureID != 0 && !r.SignedAt.IsZero() })
		}},
	}
}
