// Package payments keeps the accounts of Finventi's Payments.
package payments

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/sandbox/internal/shelf"
)

type (
	// An Account as the document has it.
	Account = finventiserver.PaymentAccount
	// A Page of accounts.
	Page = finventiserver.PaymentAccountPage
	// A Search of accounts.
	Search = finventiserver.SearchPaymentAccountsParams
)

// most is how many accounts a Bank keeps, 16 MiB at most. It forgets the oldest.
const most = 10_000

// defaultLimit is how many accounts a page has, unless a search says otherwise.
const defaultLimit = 20

// ErrUnknown is returned for an account that the tenant does not have.
var ErrUnknown = errors.New("there is no such account")

// A Bank keeps the accounts of all tenants. It is safe for use by several goroutines, and its zero
// value is empty.
type Bank struct {
	mu       sync.Mutex
	accounts shelf.Shelf[owned, Account]
	keys     shelf.Shelf[key, int64]
	last     int64
}

type owned struct {
	tenant string
	id     int64
}

type key struct{ tenant, text string }

// Create makes an account, or returns the one that the same key has made.
func (b *Bank) Create(tenant, idempotencyKey string, n finventiserver.NewPaymentAccount, now time.Time) (Account, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if id, ok := b.keys.Get(key{tenant, idempotencyKey}); ok {
		if a, ok := b.accounts.Get(owned{tenant, id}); ok {
			return a, nil
		}
	}
	for _, member := range []struct{ name, value string }{
		{"accountType", string(n.AccountType)}, {"accountHolderName", n.AccountHolderName}, {"clientAccountId", n.ClientAccountID},
	} {
		if member.value == "" {
			return Account{}, fmt.Errorf("%s is missing, which every account has", member.name)
		}
	}
	iban := n.IBAN
	if iban == "" {
		if iban = newIBAN(n.CountryCode, n.BankCode, n.AccountCode); iban == "" {
			return Account{}, errors.New("neither iban, nor countryCode, bankCode and accountCode, are there")
		}
	}
	if n.AccountType == finventiserver.PaymentAccountTypeLegal && n.OrganisationIdentification == (finventiserver.PaymentOrganisation{}) {
		return Account{}, errors.New("organisationIdentification is missing, which an account of type LEGAL has")
	}
	if b.taken(tenant, 0, n.ClientAccountID) {
		return Account{}, errors.New("clientAccountId is another account's")
	}
	b.accounts.Max, b.keys.Max = most, most
	b.last++
	a := Account{
		ID: b.last, ClientAccountID: n.ClientAccountID, IBAN: iban, AccountType: n.AccountType, AccountHolderName: n.AccountHolderName,
		AccountHolderNameAliases: n.AccountHolderNameAliases, OrganisationIdentification: n.OrganisationIdentification,
		IBANMetadata: finventiserver.IBANMetadata{CountryCode: n.CountryCode, BankCode: n.BankCode, AccountCode: n.AccountCode},
		Status:       finventiserver.PaymentAccountStatusOpen, CreatedAt: now, UpdatedAt: now,
	}
	b.accounts.Put(owned{tenant, a.ID}, a, shelf.SizeOf(a))
	b.keys.Put(key{tenant, idempotencyKey}, a.ID, len(idempotencyKey))
	return a, nil
}

// Update changes the members of an account that u has.
func (b *Bank) Update(tenant string, id int64, u finventiserver.PaymentAccountUpdate, now time.Time) (Account, error) {
	return b.change(tenant, id, now, func(a *Account) error {
		if u.ClientAccountID != "" {
			if b.taken(tenant, id, u.ClientAccountID) {
				return errors.New("clientAccountId is another account's")
			}
			a.ClientAccountID = u.ClientAccountID
		}
		if u.AccountHolderName != "" {
			a.AccountHolderName = u.AccountHolderName
		}
		if u.AccountHolderNameAliases != nil {
			a.AccountHolderNameAliases = u.AccountHolderNameAliases
		}
		if u.OrganisationIdentification != (finventiserver.PaymentOrganisation{}) {
			a.OrganisationIdentification = u.OrganisationIdentification
		}
		return nil
	})
}

// SetStatus opens or closes an account.
func (b *Bank) SetStatus(tenant string, id int64, status finventiserver.PaymentAccountStatus, now time.Time) (Account, error) {
	return b.change(tenant, id, now, func(a *Account) error {
		a.Status = status
		return nil
	})
}

func (b *Bank) change(tenant string, id int64, now time.Time, change func(*Account) error) (Account, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, ok := b.accounts.Get(owned{tenant, id})
	if !ok {
		return Account{}, ErrUnknown
	}
	if err := change(&a); err != nil {
		return Account{}, err
	}
	a.UpdatedAt = now
	b.accounts.Put(owned{tenant, id}, a, shelf.SizeOf(a))
	return a, nil
}

// taken reports whether another account has the client's own id. The mutex is held.
func (b *Bank) taken(tenant string, id int64, clientAccountID string) bool {
	for of, a := range b.accounts.All() {
		if of.tenant == tenant && of.id != id && a.ClientAccountID == clientAccountID {
			return true
		}
	}
	return false
}

// Search returns a page of the accounts that match all criteria, in the order of their ids.
func (b *Bank) Search(tenant string, s Search) (Page, error) {
	b.mu.Lock()
	var found []Account
	for of, a := range b.accounts.All() {
		if of.tenant == tenant && matches(a, s) {
			found = append(found, a)
		}
	}
	b.mu.Unlock()
	limit := defaultLimit
	if s.Limit != nil {
		limit = *s.Limit
	}
	from := 0
	switch {
	case s.NextPageToken != nil && s.PreviousPageToken != nil:
		return Page{}, errors.New("nextPageToken and previousPageToken are both there")
	case s.NextPageToken != nil: // of the last account before the page
		id, ok := position(*s.NextPageToken)
		if !ok {
			return Page{}, errors.New("nextPageToken is not one of this API")
		}
		from = count(found, func(a Account) bool { return a.ID <= id })
	case s.PreviousPageToken != nil: // of the first account behind the page
		id, ok := position(*s.PreviousPageToken)
		if !ok {
			return Page{}, errors.New("previousPageToken is not one of this API")
		}
		from = max(0, count(found, func(a Account) bool { return a.ID < id })-limit)
	}
	page := Page{Accounts: slices.Clone(found[from:min(from+limit, len(found))])}
	if page.Accounts == nil {
		page.Accounts = []Account{}
	}
	if from > 0 && from < len(found) {
		page.Meta.PreviousPageToken = token(found[from].ID)
	}
	if from+limit < len(found) {
		page.Meta.NextPageToken = token(found[from+limit-1].ID)
	}
	return page, nil
}

func matches(a Account, s Search) bool {
	return (s.IBAN == nil || *s.IBAN == a.IBAN) &&
		(s.ClientAccountID == nil || *s.ClientAccountID == a.ClientAccountID) &&
		(s.AccountHolderName == nil || strings.Contains(strings.ToLower(a.AccountHolderName), strings.ToLower(*s.AccountHolderName))) &&
		(s.Status == nil || *s.Status == a.Status)
}

func count(accounts []Account, holds func(Account) bool) (n int) {
	for _, a := range accounts {
		if holds(a) {
			n++
		}
	}
	return n
}

// token is the opaque token of a page that borders on an account.
func token(id int64) string { return base64.RawURLEncoding.EncodeToString(fmt.Append(nil, "at:", id)) }

func position(token string) (int64, bool) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, false
	}
	digits, ok := strings.CutPrefix(string(text), "at:")
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, ok && err == nil
}

// newIBAN makes an IBAN of its parts, ISO 13616. It returns "" if one is missing or has other
// characters than letters and digits.
func newIBAN(country, bank, account string) string {
	if country == "" || bank == "" || account == "" {
		return ""
	}
	rest := 0
	for _, r := range strings.ToUpper(bank + account + country + "00") {
		switch {
		case '0' <= r && r <= '9':
			rest = (rest*10 + int(r-'0')) % 97
		case 'A' <= r && r <= 'Z':
			rest = (rest*100 + int(r-'A') + 10) % 97
		default:
			return ""
		}
	}
	return fmt.Sprintf("%s%02d%s%s", strings.ToUpper(country), 98-rest, bank, account)
}
