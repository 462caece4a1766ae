package sandbox

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/formbody"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// realm is one Keycloak realm, or all of FinCalc: its accounts and its live sessions. The Server's
// mutex guards its maps.
type realm struct {
	vendor    Vendor
	name      string
	path      string // of the authorization server
	clients   map[string]*client
	users     map[string]*user
	sessions  map[string]*session
	lifetimes Lifetimes
	hmac      []byte // signs refresh tokens
	notBefore time.Time
}

func (s *Server) addRealms(v Vendor) {
	s.realms[v] = map[string]*realm{}
	clients := s.clients[v]
	if len(clients) == 0 {
		clients = defaultClients(v)
	}
	for _, c := range clients {
		s.addClient(v, c)
	}
	for of := range s.disabledRealms {
		if of[0] == string(v) {
			s.realm(v, of[1]) // also one in which nobody has an account
		}
	}
	if v != FinAPI {
		return
	}
	users := s.users
	if len(users) == 0 {
		users = defaultUsers()
	}
	for _, u := range users {
		u = u.withDefaults()
		rm := s.realm(v, u.Mandator)
		known := newUser(u)
		known.rank = len(rm.users)
		rm.users[u.Username] = known
	}
	for name := range s.realms[v] {
		if s.realms[v][name].clients[demobankClient] == nil {
			s.addClient(v, Client{ID: demobankClient, Realm: name, Public: true, DirectAccess: true, OptionalScopes: []string{"basic"}})
		}
	}
}

func (s *Server) addClient(v Vendor, c Client) {
	c = s.documentedClient(v, c)
	rm := s.realm(v, c.Realm)
	known := newClient(v, c)
	known.rank = len(rm.clients)
	rm.clients[c.ID] = known
}

// documentedClient fills in what the vendor, or its document, settles for every client.
func (s *Server) documentedClient(v Vendor, c Client) Client {
	if s.documents[v] != nil && c.Scopes == nil && v != FinCalc {
		c.Scopes = tokenScopes(s.documents[v])
	}
	c = c.withDefaults(v)
	if !s.noDocument {
		c.OptionalScopes = append(slices.Clone(c.OptionalScopes), constantScopes(s.document(v))...)
	}
	return c
}

// realm returns a vendor's realm, making it where there is none.
func (s *Server) realm(v Vendor, name string) *realm {
	rm := s.realms[v][name]
	if rm == nil {
		rm = &realm{
			vendor:    v,
			name:      name,
			clients:   map[string]*client{},
			users:     map[string]*user{},
			sessions:  map[string]*session{},
			lifetimes: s.lifetimes[v].over(documented(s.document(v))),
			hmac:      randomKey(),
		}
		switch v {
		case Finventi:
			rm.path = finventiAuthPath
		case FinAPI:
			rm.path = finapiAuthPath
		case OneFinOps:
			rm.path = onefinopsAuthPath
		case FinCalc:
			rm.path = fincalcPath
		default:
			rm.path = otherAuthPath(v)
		}
		s.realms[v][name] = rm
	}
	return rm
}

// issuer is the realm's claim iss, as seen by the caller.
func (rm *realm) issuer(c *call) string {
	if rm.vendor == FinCalc {
		return c.base() + rm.path
	}
	return c.base() + rm.path + "/realms/" + rm.name
}

// hmacID names the key of the refresh tokens.
func (rm *realm) hmacID() string {
	return uuid.Of(string(rm.hmac))
}

// keycloak runs an operation of a realm's endpoint that takes a form.
func keycloak(op func(*call, *realm) answer.Answer) operation {
	return func(c *call) answer.Answer {
		s, realmName := c.server, c.realmName()
		rm := s.findRealm(c.vendor, realmName)
		var a answer.Answer
		switch {
		case rm == nil:
			return prose(http.StatusNotFound, "Realm does not exist")
		case errors.Is(c.formErr, formbody.ErrTooLong):
			return formTooLarge()
		case c.formErr != nil:
			return formUnreadable()
		case c.notMedia:
			a = noMedia()
		case c.withoutTLS() != nil && !c.isBrowserLogout():
			a = *c.withoutTLS()
		case s.disabledRealms[[2]string{string(c.vendor), realmName}] && c.endpoint != LogoutEndpoint:
			a = c.readable(answer.OAuthError(http.StatusForbidden, "access_denied", "Realm not enabled"))
		default:
			a = op(c, rm)
		}
		if c.endpoint == TokenEndpoint {
			a = a.Unstored()
		}
		return a
	}
}

// realmName is the realm in the path.
func (c *call) realmName() string {
	_, below, _ := strings.Cut(c.request.URL.Path, "/realms/")
	name, _, _ := strings.Cut(below, "/")
	return name
}

// withoutTLS is the refusal of a call that came without it where the realm wants it, or nil.
func (c *call) withoutTLS() *answer.Answer {
	if !c.server.httpsRequired || c.secure() {
		return nil
	}
	a := c.readable(answer.OAuthError(http.StatusForbidden, "invalid_request", "HTTPS required"))
	return &a
}

func (s *Server) findRealm(v Vendor, name string) *realm {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.realms[v][name]
}

const badCredentials = "Invalid client or Invalid client credentials"

// authenticate finds the client of a request, by HTTP Basic or by form members. If it cannot,
// refusal is the answer.
func (c *call) authenticate(rm *realm) (found *client, refusal *answer.Answer) {
	refuse := func(status int, code, description string) (*client, *answer.Answer) {
		a := c.readable(answer.OAuthError(status, code, description))
		return nil, &a
	}
	// Each of the two is the form's where it has one, and the header's otherwise.
	id, secret, err := c.basic()
	if err != nil {
		return refuse(http.StatusBadRequest, "unauthorized_client", "Unexpected error when authenticating client")
	}
	switch kind := formbody.MediaType(c.request.Header); {
	case kind == formbody.Type:
		if c.form.Has("client_id") {
			id = c.form.Get("client_id")
		}
		if c.form.Has("client_secret") {
			secret = c.form.Get("client_secret")
		}
	case strings.Contains(kind, ","):
		return refuse(http.StatusBadRequest, "unauthorized_client", "Unexpected error when authenticating client")
	}
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	found = s.findClient(rm, id)
	switch {
	case found == nil || found.Disabled:
		return refuse(http.StatusUnauthorized, "invalid_client", badCredentials)
	case !found.Public && !found.accepts(secret, c.now):
		return refuse(http.StatusUnauthorized, "unauthorized_client", badCredentials)
	}
	return found, nil
}

// repeated reports whether the form has a member more than once.
func (c *call) repeated() bool {
	for _, values := range c.form {
		if len(values) > 1 {
			return true
		}
	}
	return false
}

// maxValue is how long a value of the form may be before Keycloak overlooks it.
const maxValue = 4000

// seconds is a duration as the wire has it.
func seconds(d time.Duration) int64 { return int64(d / time.Second) }
