package accounts

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/documents"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Setup is what a Book begins with.
type Setup struct {
	Clients   map[vendors.Vendor][]Client // without any, a vendor has its default ones
	Users     []User                      // likewise
	Lifetimes map[vendors.Vendor]Lifetimes
	Disabled  map[RealmID]bool // realms, also those in which nobody has an account
	// Document returns a vendor's document.
	Document func(vendors.Vendor) *openapi.Document
	// Bare leaves out the scopes that only the documents ask for.
	Bare bool
	// IsMagic reports whether an account that nobody configured exists all the same.
	IsMagic func(v vendors.Vendor, account string) bool
}

// A RealmID names a realm among those of all vendors.
type RealmID struct {
	Vendor vendors.Vendor
	Name   string
}

// A Book keeps the accounts of all vendors. It is safe for use by several goroutines.
type Book struct {
	setup Setup

	mu      sync.Mutex // guards what follows, and what is in it
	realms  map[vendors.Vendor]map[string]*Realm
	tokens  tokens
	retired []string // secrets that were replaced
	track   bool
	changed []change
	noted   map[any]bool // the records in changed
}

// New returns a Book of the accounts of some vendors.
func New(setup Setup, of []vendors.Vendor) *Book {
	b := &Book{setup: setup, realms: map[vendors.Vendor]map[string]*Realm{}, noted: map[any]bool{},
		tokens: tokens{byID: map[string]*Token{}, revoked: map[string]time.Time{}, before: map[vendors.Vendor]time.Time{}}}
	for _, v := range of {
		b.realms[v] = map[string]*Realm{}
		for _, c := range b.clientsOf(v) {
			b.addClient(v, c)
		}
		for id := range setup.Disabled {
			if id.Vendor == v {
				b.realm(v, id.Name)
			}
		}
	}
	for _, u := range b.usersOf() {
		u = u.WithDefaults()
		rm := b.realm(vendors.FinAPI, u.Mandator)
		known := newUser(u)
		known.rank = len(rm.users)
		rm.users[u.Username] = known
	}
	for name, rm := range b.realms[vendors.FinAPI] {
		if rm.clients[Demobank] == nil {
			b.addClient(vendors.FinAPI, Client{ID: Demobank, Realm: name, Public: true, DirectAccess: true, OptionalScopes: []string{"basic"}})
		}
	}
	return b
}

// clientsOf returns the clients with which a vendor begins.
func (b *Book) clientsOf(v vendors.Vendor) []Client {
	if clients := b.setup.Clients[v]; len(clients) > 0 {
		return clients
	}
	return DefaultClients(v)
}

func (b *Book) usersOf() []User {
	if len(b.setup.Users) > 0 {
		return b.setup.Users
	}
	return DefaultUsers()
}

func (b *Book) addClient(v vendors.Vendor, c Client) {
	known := newClient(v, b.settled(v, c))
	rm := b.realm(v, known.Realm)
	known.rank = len(rm.clients)
	rm.clients[c.ID] = known
}

// settled fills in what the vendor and its document settle for every client.
func (b *Book) settled(v vendors.Vendor, c Client) Client {
	d := b.setup.Document(v)
	c = c.WithDefaults(v, d)
	if !b.setup.Bare {
		c.OptionalScopes = slices.Concat(c.OptionalScopes, documents.ConstantScopes(d))
	}
	return c
}

// realm returns a vendor's realm, and makes it if there is none.
func (b *Book) realm(v vendors.Vendor, name string) *Realm {
	rm := b.realms[v][name]
	if rm == nil {
		rm = newRealm(v, name, b.setup.Lifetimes[v].Over(Documented(b.setup.Document(v))))
		b.realms[v][name] = rm
	}
	return rm
}

// mandator returns a realm of finAPI, or nil.
func (b *Book) mandator(name string) *Realm {
	return b.realms[vendors.FinAPI][cmp.Or(name, Mandator)]
}

// Realm returns a vendor's realm, or nil.
func (b *Book) Realm(v vendors.Vendor, name string) *Realm {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.realms[v][name]
}

// HasRealm reports whether any vendor has a realm below the path of its authorization server, or
// below any if that is empty.
func (b *Book) HasRealm(path, name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for v, realms := range b.realms {
		if realms[name] != nil && (path == "" || path == vendors.AuthPath(v)) {
			return true
		}
	}
	return false
}

// Scopes returns the scopes that a client of a realm may ask for, sorted.
func (b *Book) Scopes(rm *Realm) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return rm.scopes()
}

// client returns the client of an id, a magic one included, or nil.
func (b *Book) client(rm *Realm, id string) *LiveClient {
	if known := rm.clients[id]; known != nil {
		return known
	}
	if rm.Vendor == vendors.FinAPI || !b.setup.IsMagic(rm.Vendor, id) {
		return nil
	}
	c := b.settled(rm.Vendor, Client{ID: id, EmailAddress: "*"})
	c.Realm = rm.Name
	magic := newClient(rm.Vendor, c)
	magic.AnyWord = true
	return magic
}

// user returns the user of a name, a magic one included, or nil.
func (b *Book) user(rm *Realm, name string) *LiveUser {
	if known := rm.findUser(name); known != nil {
		return known
	}
	if rm.Vendor != vendors.FinAPI || !b.setup.IsMagic(vendors.FinAPI, name) {
		return nil
	}
	magic := newUser(User{Username: name, Mandator: rm.Name}.WithDefaults())
	magic.AnyWord = true
	return magic
}

// Client returns the client of an id, a magic one included, or nil.
func (b *Book) Client(rm *Realm, id string) *LiveClient {
	b.mu.Lock()
	defer b.mu.Unlock()
	return copied(b.client(rm, id))
}

// copied returns a copy, which its reader needs no mutex for.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

// Authenticate returns the client of an id, and whether the secret is right. The client is nil if
// there is none or it is disabled. A public client has no secret.
func (b *Book) Authenticate(rm *Realm, id, secret string, now time.Time) (c *LiveClient, right bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c = b.client(rm, id)
	if c == nil || c.Disabled {
		return nil, false
	}
	return c, c.Public || c.accepts(secret, now)
}

// AnyClient returns a client that nobody configured, in a realm that has none.
func (b *Book) AnyClient(rm *Realm, id string) *LiveClient {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(rm.clients) > 0 {
		return nil
	}
	return newClient(rm.Vendor, Client{ID: id})
}

// User returns the user of a name in a mandator of finAPI, a magic one included, or nil.
func (b *Book) User(mandator, name string) *LiveUser {
	b.mu.Lock()
	defer b.mu.Unlock()
	rm := b.realms[vendors.FinAPI][mandator]
	if rm == nil {
		return nil
	}
	return copied(b.user(rm, name))
}

// Owner returns who a token is about: its client, and the user of its session, which is nil for a
// service account. It reports false if the session has ended.
func (b *Book) Owner(rm *Realm, c signing.Claims, now time.Time) (by *LiveClient, who *LiveUser, x *Session, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	by = b.client(rm, c.Text("azp"))
	x, ok = rm.sessionOf(c, now)
	if x != nil {
		who = b.user(rm, x.User)
	}
	return copied(by), copied(who), x, ok
}

// FirstClient returns the first of a vendor's configured clients that fits, with its newest secret,
// or the zero Client.
func (b *Book) FirstClient(v vendors.Vendor, fits func(Client) bool) Client {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.clientsOf(v) {
		if !fits(c) {
			continue
		}
		c = c.WithDefaults(v, b.setup.Document(v))
		if known := b.realms[v][c.Realm].clients[c.ID]; known != nil {
			c.Secret = known.secrets[0].value
		}
		return c
	}
	return Client{}
}

// FirstUser returns the first of finAPI's configured users, with the newest password.
func (b *Book) FirstUser() User {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.usersOf()[0].WithDefaults()
	if known := b.mandator(u.Mandator).users[u.Username]; known != nil {
		u.Password = known.Password
	}
	return u
}

// Realms returns a vendor's realms, sorted by name.
func (b *Book) Realms(v vendors.Vendor) []*Realm {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []*Realm
	for _, name := range slices.Sorted(maps.Keys(b.realms[v])) {
		list = append(list, b.realms[v][name])
	}
	return list
}

// An Entry is a user or a client as it is at a moment.
type Entry struct {
	Realm    string
	User     *User   // nil with a client
	Client   *Client // nil with a user
	Disabled bool
	Secret   auth.Secret
	Until    time.Time // when the secret before this one ends, if it still works
	Locked   bool
	Sessions int
}

// Entries returns a realm's users, and its clients with a secret, in the order of the options.
func (b *Book) Entries(rm *Realm, now time.Time) []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []Entry
	for _, u := range slices.SortedFunc(maps.Values(rm.users), func(a, b *LiveUser) int { return cmp.Compare(a.rank, b.rank) }) {
		e := Entry{Realm: rm.Name, User: new(u.User), Disabled: u.Disabled, Secret: u.Password, Locked: now.Before(u.lockedUntil)}
		for _, x := range rm.sessions {
			if x.User == u.Username && x.usable(rm.Lifetimes, now) {
				e.Sessions++
			}
		}
		list = append(list, e)
	}
	for _, c := range slices.SortedFunc(maps.Values(rm.clients), func(a, b *LiveClient) int { return cmp.Compare(a.rank, b.rank) }) {
		if c.Public {
			continue
		}
		e := Entry{Realm: rm.Name, Client: new(c.Client), Disabled: c.Disabled, Secret: c.secrets[0].value}
		if len(c.secrets) > 1 && now.Before(c.secrets[1].until) {
			e.Until = c.secrets[1].until
		}
		list = append(list, e)
	}
	return list
}

// Words are the names of all accounts and what belongs to them.
type Words struct {
	Accounts, Scopes, Realms map[string]bool // the accounts in small letters
	Secrets                  []string        // those replaced included
}

// Words returns what may be shown of the accounts, and what must not.
func (b *Book) Words() Words {
	w := Words{Accounts: map[string]bool{}, Scopes: map[string]bool{"openid": true}, Realms: map[string]bool{}}
	b.mu.Lock()
	defer b.mu.Unlock()
	w.Secrets = slices.Clone(b.retired)
	for _, realms := range b.realms {
		for _, rm := range realms {
			w.Realms[rm.Name] = true
			for _, c := range rm.clients {
				w.Accounts[strings.ToLower(c.ID)], w.Accounts[strings.ToLower(c.EmailAddress)] = true, true
				for _, scope := range slices.Concat(c.Scopes, c.OptionalScopes) {
					w.Scopes[scope] = true
				}
				w.Secrets = append(w.Secrets, c.Secret.Reveal()) // not among those below if a state file has others
				for _, live := range c.secrets {
					w.Secrets = append(w.Secrets, live.value.Reveal())
				}
			}
			for _, u := range rm.users {
				w.Accounts[strings.ToLower(u.Username)], w.Accounts[strings.ToLower(u.Email)] = true, true
				w.Secrets = append(w.Secrets, u.Password.Reveal())
			}
		}
	}
	return w
}
