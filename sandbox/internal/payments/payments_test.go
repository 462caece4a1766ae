package payments_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/sandbox/internal/payments"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func account(n int) finventiserver.NewPaymentAccount {
	return finventiserver.NewPaymentAccount{AccountType: finventiserver.PaymentAccountTypePrivate, AccountHolderName: fmt.Sprint("Holder ", n),
		ClientAccountID: fmt.Sprint("client-", n), CountryCode: "DE", BankCode: "37040044", AccountCode: fmt.Sprintf("%010d", n)}
}

// bank has accounts 1 to n of one tenant, and one of another.
func bank(t *testing.T, n int) *payments.Bank {
	t.Helper()
	b := &payments.Bank{}
	for i := range n {
		if _, err := b.Create("tenant", fmt.Sprint(i), account(i+1), now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Create("other", "0", account(n+1), now); err != nil {
		t.Fatal(err)
	}
	return b
}

func ids(p payments.Page) (found []int64) {
	for _, a := range p.Accounts {
		found = append(found, a.ID)
	}
	return found
}

func TestNewIBAN_hasCheckDigits(t *testing.T) {
	b := &payments.Bank{}
	for want, parts := range map[string][3]string{
		"DE89370400440532013000": {"DE", "37040044", "0532013000"},
		"GB82WEST12345698765432": {"gb", "WEST123456", "98765432"},
		"":                       {"DE", "3704-0044", "0532013000"},
	} {
		n := account(1)
		n.ClientAccountID, n.CountryCode, n.BankCode, n.AccountCode = want, parts[0], parts[1], parts[2]
		if want == "" {
			n.ClientAccountID = "x"
		}
		a, err := b.Create("tenant", want, n, now)
		if a.IBAN != want || (err != nil) != (want == "") {
			t.Errorf("%q: got %q, %v, want %q", parts, a.IBAN, err, want)
		}
	}
}

func TestCreate_refusesInvalidAccounts(t *testing.T) {
	b := bank(t, 1)
	for name, change := range map[string]func(*finventiserver.NewPaymentAccount){
		"no type":                    func(n *finventiserver.NewPaymentAccount) { n.AccountType = "" },
		"no name":                    func(n *finventiserver.NewPaymentAccount) { n.AccountHolderName = "" },
		"no id":                      func(n *finventiserver.NewPaymentAccount) { n.ClientAccountID = "" },
		"another account's id":       func(n *finventiserver.NewPaymentAccount) { n.ClientAccountID = "client-1" },
		"no bank":                    func(n *finventiserver.NewPaymentAccount) { n.BankCode = "" },
		"a company without its code": func(n *finventiserver.NewPaymentAccount) { n.AccountType = finventiserver.PaymentAccountTypeLegal },
	} {
		n := account(9)
		change(&n)
		if _, err := b.Create("tenant", "new", n, now); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if p, err := b.Search("tenant", payments.Search{}); err != nil || len(p.Accounts) != 1 {
		t.Errorf("%d accounts, %v, want the one from before", len(p.Accounts), err)
	}
}

func TestSearch_pagesForthAndBack(t *testing.T) {
	b := bank(t, 5)
	two := payments.Search{Limit: new(2)}
	var pages [][]int64
	var tokens []string
	search := two
	for {
		p, err := b.Search("tenant", search)
		if err != nil {
			t.Fatal(err)
		}
		pages, tokens = append(pages, ids(p)), append(tokens, p.Meta.PreviousPageToken)
		if p.Meta.NextPageToken == "" {
			break
		}
		search = two
		search.NextPageToken = &p.Meta.NextPageToken
	}
	if want := [][]int64{{1, 2}, {3, 4}, {5}}; !slices.EqualFunc(pages, want, slices.Equal) {
		t.Errorf("forth: got %v, want %v", pages, want)
	}
	search = two
	search.PreviousPageToken = &tokens[2]
	p, err := b.Search("tenant", search)
	if got := ids(p); err != nil || !slices.Equal(got, []int64{3, 4}) || p.Meta.PreviousPageToken == "" {
		t.Errorf("back: got %v, %v, want 3 and 4", got, err)
	}
	if tokens[0] != "" {
		t.Error("the first page has one before it")
	}
	for _, bad := range []string{"", "x", "YXQ6eA", "%"} {
		for _, s := range []payments.Search{{NextPageToken: &bad}, {PreviousPageToken: &bad}, {NextPageToken: &tokens[1], PreviousPageToken: &tokens[1]}} {
			if _, err := b.Search("tenant", s); err == nil {
				t.Errorf("token %q: no error", bad)
			}
		}
	}
}

func TestSearch_findsByEachCriterion(t *testing.T) {
	b := bank(t, 3)
	third, err := b.SetStatus("tenant", 3, finventiserver.PaymentAccountStatusClosed, now)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		search payments.Search
		want   []int64
	}{
		"nothing":        {payments.Search{}, []int64{1, 2, 3}},
		"part of a name": {payments.Search{AccountHolderName: new("hOLDER 2")}, []int64{2}},
		"IBAN":           {payments.Search{IBAN: &third.IBAN}, []int64{3}},
		"part of it":     {payments.Search{IBAN: new(third.IBAN[:8])}, nil},
		"client's id":    {payments.Search{ClientAccountID: new("client-1")}, []int64{1}},
		"status":         {payments.Search{Status: new(finventiserver.PaymentAccountStatusClosed)}, []int64{3}},
		"two of them":    {payments.Search{ClientAccountID: new("client-1"), Status: new(finventiserver.PaymentAccountStatusClosed)}, nil},
	} {
		if p, err := b.Search("tenant", tt.search); err != nil || !slices.Equal(ids(p), tt.want) || p.Accounts == nil {
			t.Errorf("%s: got %v, %v, want %v", name, ids(p), err, tt.want)
		}
	}
}

func TestBank_hidesAccountsOfOthers(t *testing.T) {
	b := bank(t, 1)
	_, err1 := b.Update("tenant", 2, finventiserver.PaymentAccountUpdate{AccountHolderName: "Mine"}, now)
	_, err2 := b.SetStatus("tenant", 2, finventiserver.PaymentAccountStatusClosed, now)
	if !errors.Is(err1, payments.ErrUnknown) || !errors.Is(err2, payments.ErrUnknown) {
		t.Errorf("got %v and %v, want ErrUnknown", err1, err2)
	}
}

func TestBank_isBoundedInBytes(t *testing.T) {
	b := bank(t, 1)
	for i := range 30 {
		n := account(i + 10)
		n.AccountHolderName = strings.Repeat("x", 1<<20)
		if _, err := b.Create("tenant", fmt.Sprint("key ", i), n, now); err != nil {
			t.Fatal(err)
		}
	}
	p, err := b.Search("tenant", payments.Search{Limit: new(1000)})
	if n := len(p.Accounts); err != nil || n < 12 || n > 16 {
		t.Errorf("%d accounts, %v, want as many as fit into 16 MiB", n, err)
	}
}
