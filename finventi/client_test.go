package finventi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/sandbox"
)

// client returns a client for one product of a sandbox.
func client(t *testing.T, vendors *sandbox.Instance, p finventi.Product) *finventi.Client {
	t.Helper()
	c, err := finventi.NewClient(vendors.FinventiProduct(p))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCallOfAnotherProductIsRefusedBeforeAnythingIsSent(t *testing.T) {
	for product, call := range map[finventi.Product]func(*finventi.Client) error{
		finventi.RRC: func(c *finventi.Client) error {
			_, err := c.ReportAccounts(t.Context(), nil)
			return err
		},
		finventi.VerificationOfPayee: func(c *finventi.Client) error {
			_, err := c.VerifyPayee(t.Context(), &finventi.VerifyPayeeParams{}, finventi.PayeeVerificationRequest{})
			return err
		},
		finventi.Payments: func(c *finventi.Client) error {
			for _, err := range c.AllPaymentAccounts(t.Context(), nil) {
				return err
			}
			return nil
		},
	} {
		for _, own := range []finventi.Product{"", finventi.RRC, finventi.VerificationOfPayee, finventi.Payments} {
			if own == product || own == "" && product == finventi.RRC {
				continue
			}
			sent := false
			c, err := finventi.NewClient(finventi.Config{Product: own, ClientID: "my-client", ClientSecret: auth.NewSecret("my-secret"), Realm: "tenant"},
				auth.WithHTTPClient(&http.Client{Transport: vendortest.RoundTrip(func(*http.Request) (*http.Response, error) {
					sent = true
					return nil, errors.New("sent")
				})}))
			if err != nil {
				t.Fatal(err)
			}
			err = call(c)
			var failure *finsdk.APIError
			var field *auth.FieldError
			if !errors.As(err, &failure) || failure.StatusCode != 0 || !errors.Is(err, auth.ErrInvalidConfig) || !errors.As(err, &field) || field.Field != "Product" {
				t.Errorf("product %q calls %q: got %v, want an APIError about the field Product", own, product, err)
			} else if text := err.Error(); !strings.Contains(text, "Product (FINVENTI_PRODUCT)") || !strings.Contains(text, fmt.Sprintf("%q", product)) {
				t.Errorf("the text names neither variable nor product: %v", err)
			}
			if sent {
				t.Errorf("product %q calls %q: something was sent", own, product)
			}
		}
	}
}

// Realm, client id and API can be set without Product, for use of the source with another client.
func TestProductSetByHandGetsItsTokens(t *testing.T) {
	vendors := sandbox.Start(t)
	c := vendors.FinventiProduct(finventi.VerificationOfPayee)
	c.Product = ""
	source, err := finventi.NewTokenSource(c)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := source.Client().Get(c.APIBaseURL() + docpath.Of(finventiserver.Document, "VerifyPayee"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("got %s, want the API's answer", resp.Status)
	}
}

func TestProductsWithoutAProductionHostNeedAnAPIURL(t *testing.T) {
	for product, needs := range map[finventi.Product]bool{"": true, finventi.RRC: true, finventi.VerificationOfPayee: true, finventi.Payments: false} {
		c := finventi.Config{Product: product, ClientID: "id", ClientSecret: auth.NewSecret("my-secret"), Realm: "tenant", Environment: finventi.Production}
		_, err := finventi.NewClient(c)
		if needs {
			vendortest.WantFields(t, err, "finventi", []string{"APIURL FINVENTI_API_URL"})
		} else if err != nil {
			t.Errorf("%q: %v", product, err)
		}
	}
}

func TestAllPaymentAccountsFollowsTheCursor(t *testing.T) {
	vendors := sandbox.Start(t)
	c := client(t, vendors, finventi.Payments)
	var want []int64
	for i := range 5 {
		a, err := c.CreatePaymentAccount(t.Context(), &finventi.CreatePaymentAccountParams{}, finventi.NewPaymentAccount{
			AccountType: finventi.PaymentAccountTypePrivate, AccountHolderName: "Alice Johnson", ClientAccountID: fmt.Sprint("client-", i),
			CountryCode: "LT", BankCode: "10100", AccountCode: fmt.Sprintf("%011d", i),
		})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, a.ID)
	}
	vendors.ResetJournal()
	var got []int64
	for a, err := range c.AllPaymentAccounts(t.Context(), &finventi.SearchPaymentAccountsParams{Limit: new(2), AccountHolderName: new("johnson")}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a.ID)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if pages := len(vendors.Journal()); pages != 3 {
		t.Errorf("%d requests, want one for each of 3 pages", pages)
	}
}

func TestMembersCanBeSentAsNull(t *testing.T) {
	vendors := sandbox.Start(t)
	c := client(t, vendors, finventi.Payments)
	a, err := c.CreatePaymentAccount(t.Context(), nil, finventi.NewPaymentAccount{AccountType: finventi.PaymentAccountTypePrivate, AccountHolderName: "Alice",
		ClientAccountID: "mine", CountryCode: "LT", BankCode: "10100", AccountCode: "00000000001"})
	if err != nil {
		t.Fatal(err)
	}
	var sent string
	record := func(_ context.Context, req *http.Request) error {
		body, err := req.GetBody()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(body)
		sent = string(text)
		return err
	}
	update := finventi.PaymentAccountUpdate{AccountHolderName: "Bob", NullFields: []string{"accountHolderNameAliases"}}
	if _, err := c.UpdatePaymentAccount(t.Context(), a.ID, update, record); err != nil || sent != `{"accountHolderName":"Bob","accountHolderNameAliases":null}` {
		t.Errorf("sent %s, %v", sent, err)
	}
	update.NullFields = []string{"AccountHolderName"}
	if _, err := c.UpdatePaymentAccount(t.Context(), a.ID, update); !errors.Is(err, finsdk.ErrBadRequest) ||
		!strings.HasPrefix(err.Error(), `finventi: UpdatePaymentAccount: bad request: NullFields: "AccountHolderName" is not a member that may be null, such as "`) {
		t.Errorf("got %v", err)
	}
}
