// Package payees keeps the accounts of payees, and knows how well a payee matches one.
package payees

import (
	"slices"
	"strings"
	"sync"

	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/sandbox/internal/shelf"
)

type (
	// An Account is that of a payee, as the document has it.
	Account = finventiserver.PayeeAccount
	// An Update is what may change in an Account.
	Update = finventiserver.PayeeAccountUpdate
)

// maxAccounts is how many accounts a tenant has, 16 MiB at most. It loses the oldest.
const maxAccounts = 10_000

// first are the accounts with which every tenant begins.
var first = []Account{
	{IBAN: "LT123456789012345678", AccountHolderNames: []string{"Alice Johnson"}, ClientID: "client-1"},
	{IBAN: "DE89370400440532013000", AccountHolderNames: []string{"Erika Mustermann"}},
	{IBAN: "LT601010012345678901", AccountHolderNames: []string{"Example Trading UAB"},
		OrganisationIdentification: finventiserver.PayeeOrganisation{LEI: "529900T8BM49AURSDO55"}},
}

// A Book keeps the accounts of all tenants. It is safe for use by several goroutines, and its zero
// value is ready to use.
type Book struct {
	mu      sync.Mutex
	tenants map[string]*shelf.Shelf[string, Account] // by IBAN
}

// accounts returns those of a tenant. The mutex is held.
func (b *Book) accounts(tenant string) *shelf.Shelf[string, Account] {
	if b.tenants == nil {
		b.tenants = map[string]*shelf.Shelf[string, Account]{}
	}
	s := b.tenants[tenant]
	if s == nil {
		s = &shelf.Shelf[string, Account]{Max: maxAccounts}
		for _, a := range first {
			s.Put(a.IBAN, a, shelf.SizeOf(a))
		}
		b.tenants[tenant] = s
	}
	return s
}

// plain is an IBAN without spaces, in capital letters.
func plain(iban string) string { return strings.ToUpper(strings.ReplaceAll(iban, " ", "")) }

// Import adds accounts, or replaces those with the same IBANs.
func (b *Book) Import(tenant string, list []Account) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range list {
		b.accounts(tenant).Put(plain(a.IBAN), a, shelf.SizeOf(a))
	}
}

// Change changes the accounts that an IBAN or a client id selects, and returns them.
func (b *Book) Change(tenant string, is func(Account) bool, u Update) (changed []Account) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for iban, a := range b.accounts(tenant).All() {
		if is(a) {
			a.AccountHolderNames, a.Aliases, a.OrganisationIdentification = u.AccountHolderNames, u.Aliases, u.OrganisationIdentification
			b.accounts(tenant).Put(iban, a, shelf.SizeOf(a))
			changed = append(changed, a)
		}
	}
	return changed
}

// Delete deletes the accounts that is selects, and returns their IBANs.
func (b *Book) Delete(tenant string, is func(Account) bool) (ibans []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for iban, a := range b.accounts(tenant).All() {
		if is(a) {
			ibans = append(ibans, iban)
		}
	}
	for _, iban := range ibans {
		b.accounts(tenant).Remove(iban)
	}
	return ibans
}

// HasIBAN selects the account with an IBAN, whatever its spaces and case.
func HasIBAN(iban string) func(Account) bool {
	return func(a Account) bool { return plain(a.IBAN) == plain(iban) }
}

// HasClient selects the accounts of a client.
func HasClient(id string) func(Account) bool {
	return func(a Account) bool { return a.ClientID == id }
}

// Match returns how well a request matches the holder of the account, and the holder's name if it
// is close. A name or an alias matches whatever its case of letters and its spaces; with one word
// in common it is close.
func (b *Book) Match(tenant string, request finventiserver.PayeeVerificationRequest) (result finventiserver.MatchResult, realName string) {
	b.mu.Lock()
	account, known := b.accounts(tenant).Get(plain(request.IBAN))
	b.mu.Unlock()
	if !known {
		return finventiserver.MatchResultCannotVerify, ""
	}
	asked := words(request.AccountHolderName)
	if o := request.OrganisationIdentification; len(asked) == 0 && o != (finventiserver.PayeeOrganisation{}) && o == account.OrganisationIdentification {
		return finventiserver.MatchResultMatch, ""
	}
	names := slices.Concat(account.AccountHolderNames, account.Aliases)
	for _, name := range names {
		if len(asked) > 0 && slices.Equal(asked, words(name)) {
			return finventiserver.MatchResultMatch, ""
		}
	}
	for _, name := range names {
		if slices.ContainsFunc(asked, func(word string) bool { return slices.Contains(words(name), word) }) {
			return finventiserver.MatchResultCloseMatch, name
		}
	}
	return finventiserver.MatchResultNoMatch, ""
}

func words(name string) []string { return strings.Fields(strings.ToLower(name)) }
