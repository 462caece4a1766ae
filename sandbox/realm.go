package sandbox

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"time"
)

// realm is one Keycloak realm, or all of FinCalc: who may ask for tokens, and the sessions that live. The Server's
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
			s.addClient(v, Client{ID: demobankClient, Realm: name, Public: true, DirectAccess: true})
		}
	}
}

func (s *Server) addClient(v Vendor, c Client) {
	c = c.withDefaults(v)
	rm := s.realm(v, c.Realm)
	known := newClient(v, c)
	known.rank = len(rm.clients)
	rm.clients[c.ID] = known
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
			lifetimes: s.lifetimes[v].over(documented(v)),
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
	sum := sha256.Sum256(rm.hmac)
	return formatUUID([16]byte(sum[:16]))
}

// keycloak runs an operation of a realm's endpoint that takes a form.
func keycloak(realmName string, op func(*call, *realm) answer) operation {
	return func(c *call) answer {
		s := c.server
		rm := s.findRealm(c.vendor, realmName)
		var a answer
		switch {
		case rm == nil:
			return prose(http.StatusNotFound, "Realm does not exist")
		case c.formErr != nil:
			return oauthError(http.StatusInternalServerError, "unknown_error", "For more on this error consult the server log.")
		case c.notMedia:
			a = jsonAnswer(http.StatusInternalServerError, object{{"details", "Error id " + newUUID() + "-1"}, {"stack", ""}}).
				with("Content-Type", "application/json; charset=utf-8")
		case s.httpsRequired && !c.secure():
			a = oauthError(http.StatusForbidden, "invalid_request", "HTTPS required")
		case s.disabledRealms[[2]string{string(c.vendor), realmName}]:
			a = oauthError(http.StatusForbidden, "access_denied", "Realm not enabled")
		default:
			a = op(c, rm)
		}
		if c.endpoint == TokenEndpoint {
			a = a.unstored()
		}
		return a
	}
}

func (s *Server) findRealm(v Vendor, name string) *realm {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.realms[v][name]
}

const badCredentials = "Invalid client or Invalid client credentials"

// authenticate finds the client behind a request, by HTTP Basic or by form members. Where it cannot, refusal is the
// answer.
func (c *call) authenticate(rm *realm) (found *client, refusal *answer) {
	refuse := func(status int, code, description string) (*client, *answer) {
		a := oauthError(status, code, description)
		return nil, &a
	}
	// Each of the two is the form's where it has one, and the header's otherwise.
	id, secret, _ := c.basic()
	switch kind := c.mediaType(); {
	case kind == formType:
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

// scopeFor is what a token gets: all of the client's own scopes, and of the optional ones those asked for.
func (c *call) scopeFor(by *client) (scope string, refusal *answer) {
	asked := c.form.Get("scope")
	if len(asked) > maxValue && !c.server.keycloak265 {
		asked = ""
	} else if c.form.Has("scope") && asked == "" {
		return "", invalidScope("")
	}
	scope, ok := by.grantScope(asked)
	if !ok {
		return "", invalidScope(asked)
	}
	return scope, nil
}

func invalidScope(asked string) *answer {
	a := oauthError(http.StatusBadRequest, "invalid_scope", "Invalid scopes: "+asked)
	return &a
}

func (c *client) grantScope(asked string) (scope string, ok bool) {
	scopes := slices.Clone(c.Scopes)
	for _, word := range strings.Fields(asked) {
		switch {
		case slices.Contains(scopes, word):
		case word == "openid", slices.Contains(c.OptionalScopes, word):
			scopes = append(scopes, word)
		default:
			return "", false
		}
	}
	return strings.Join(scopes, " "), true
}

// seconds is a duration as the wire has it.
func seconds(d time.Duration) int64 { return int64(d / time.Second) }
