package call

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/formbody"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// MaxBody is far above any request that a vendor documents.
const MaxBody = 1 << 20

// A Call is one request to a vendor.
type Call struct {
	Sandbox
	Request  *http.Request
	Vendor   vendors.Vendor
	Endpoint vendors.Endpoint
	Op       *openapi.Operation // of the vendor's document; nil if it has none
	Body     []byte
	Form     url.Values        // of a form body; never of the query string
	FormErr  error             // why the form cannot be read
	NotMedia bool              // Content-Type names no media type
	Value    any               // the body as JSON, decoded
	unread   []openapi.Problem // why it cannot be
	Asked    Preference
	Client   string // the client that asks, as far as it is known
	User     string // likewise
	Limit    int    // of requests, that the call counted against; 0 without one
	Left     int    // requests that it leaves

	Token     *accounts.Token // that the API has accepted
	TokenID   string          // of the token handed out or accepted
	RefreshID string          // of the refresh token to be handed out

	// What a fault wants of the token.
	Lifetime  time.Duration // instead of the realm's, unless it is 0
	Opaque    bool          // it is no JWT
	Stillborn bool          // it is revoked at once
}

// A Sandbox is what a call has to know of the sandbox that it is made to.
type Sandbox struct {
	Now       time.Time
	ClientNow time.Time // by the clock that nobody has moved
	FixedBase string    // the base URL that does not follow the request, or ""
	Bare      bool      // the document is not looked at
}

// An Operation answers a call.
type Operation func(*Call) answer.Answer

// New makes a call of a request, whose body has been read. It finds out who is calling, for faults,
// limits and the journal, by the request alone. It checks nothing and decides nothing.
func New(to Sandbox, r *http.Request, body []byte, v vendors.Vendor, e vendors.Endpoint, op *openapi.Operation, known *accounts.Book) *Call {
	c := &Call{Sandbox: to, Request: r, Body: body, Vendor: v, Endpoint: e, Op: op}
	c.identify(known)
	return c
}

func (c *Call) identify(known *accounts.Book) {
	form, ok, err := formbody.Read(c.Request.Header, c.Body)
	c.Form, c.FormErr, c.NotMedia = form, err, !ok
	c.Client, c.User = form.Get("client_id"), form.Get("username")
	if id, _, _ := c.Basic(); id != "" && !form.Has("client_id") {
		c.Client = id
	}
	if c.User == "" {
		_, c.User = known.Bearer(c.Vendor, cmp.Or(form.Get("refresh_token"), form.Get("token")))
	}
	if c.Endpoint == vendors.Userinfo && form.Has("access_token") {
		c.Client, c.User = known.Bearer(c.Vendor, form.Get("access_token"))
	}
	if token, ok := c.Bearer(); ok && (c.Endpoint == vendors.API || c.Endpoint == vendors.Userinfo) {
		c.Client, c.User = known.Bearer(c.Vendor, token)
	}
	if strings.HasSuffix(c.ContentType(), "json") || c.Vendor == vendors.FinCalc {
		c.Value, c.unread = openapi.Decode(c.Body)
	}
	if c.Vendor == vendors.FinCalc && c.Endpoint == vendors.Token {
		c.Client = c.Members()["client_id"]
	}
}

// Members are the texts in a JSON object. An id may be a number.
func (c *Call) Members() map[string]string {
	texts := map[string]string{}
	object, _ := c.Value.(map[string]any)
	for name, value := range object {
		switch value := value.(type) {
		case string:
			texts[name] = value
		case json.Number:
			if name == "client_id" {
				texts[name] = value.String()
			}
		}
	}
	return texts
}

// ContentType returns the media type of the body, without parameters, or "".
func (c *Call) ContentType() string {
	t, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}

// Basic reads form-encoded client credentials from the Authorization header (RFC 6749 section
// 2.3.1). Any white space may follow the scheme. If an escape is invalid, it returns the
// credentials as sent, with the error.
func (c *Call) Basic() (id, secret string, err error) {
	words := strings.Fields(c.Request.Header.Get("Authorization"))
	if len(words) != 2 || !strings.EqualFold(words[0], "Basic") {
		return "", "", nil
	}
	pair, err := base64.StdEncoding.DecodeString(words[1])
	if err != nil {
		return "", "", nil
	}
	id, secret, ok := strings.Cut(string(pair), ":")
	if !ok {
		return "", "", nil
	}
	id, secret = strings.Clone(id), strings.Clone(secret) // kept without what stood around them
	plainID, err1 := url.QueryUnescape(id)
	plainSecret, err2 := url.QueryUnescape(secret)
	if err := errors.Join(err1, err2); err != nil {
		return id, secret, err
	}
	return plainID, plainSecret, nil
}

// Secure reports whether the request came by TLS.
func (c *Call) Secure() bool { return c.Request.TLS != nil }

// Base is the URL that the client sees the sandbox under.
func (c *Call) Base() string {
	if c.FixedBase != "" {
		return c.FixedBase
	}
	if c.Secure() {
		return "https://" + c.Request.Host
	}
	return "http://" + c.Request.Host
}

// Address returns the IP address of the caller, or the zero Addr.
func (c *Call) Address() netip.Addr {
	host, _, err := net.SplitHostPort(c.Request.RemoteAddr)
	if err != nil {
		host = c.Request.RemoteAddr
	}
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap().WithZone("")
}

// Bearer is the token in the Authorization header, RFC 6750 section 2.1.
func (c *Call) Bearer() (string, bool) {
	scheme, token, ok := strings.Cut(c.Request.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, ok && token != "" && strings.EqualFold(scheme, "Bearer")
}

// RealmName is the realm in the path: after /realms/, as Keycloak has it, or else where the document
// has a parameter. If it has none, the realm is the vendor's usual one.
func (c *Call) RealmName() string {
	if _, below, ok := strings.Cut(c.Request.URL.Path, "/realms/"); ok {
		name, _, _ := strings.Cut(below, "/")
		return name
	}
	if c.Op != nil {
		for _, p := range c.Op.Parameters {
			if p.In == "path" {
				return c.Request.PathValue(p.Name)
			}
		}
	}
	return accounts.Client{}.InRealm(c.Vendor)
}

// Repeated reports whether the form has a member more than once.
func (c *Call) Repeated() bool {
	for _, values := range c.Form {
		if len(values) > 1 {
			return true
		}
	}
	return false
}

// Origin is the first header Origin. It may be empty and still be sent.
func (c *Call) Origin() (value string, sent bool) {
	values := c.Request.Header.Values("Origin")
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

// Reads reports whether the call changes nothing.
func (c *Call) Reads() bool {
	return c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
}

// FromKeycloak reports whether the answer comes from a Keycloak, not from an API.
func (c *Call) FromKeycloak() bool {
	_, ok := vendors.KeycloakAt(c.Request.URL.Path)
	return ok
}

// AccessLife is how long an access token lives, its session aside.
func (c *Call) AccessLife(rm *accounts.Realm, by *accounts.LiveClient) time.Duration {
	return cmp.Or(c.Lifetime, by.AccessLifetime, rm.Lifetimes.Access)
}

// Record remembers a token that is about to be handed out.
func (c *Call) Record(in *accounts.Book, rm *accounts.Realm, by *accounts.LiveClient, who *accounts.LiveUser, x *accounts.Session, id string, expiry time.Time) {
	t := accounts.Token{ID: id, Vendor: rm.Vendor, Realm: rm.Name, Client: by.ID, IssuedAt: c.Now, Expiry: expiry}
	if who != nil {
		t.User, t.Session = who.Username, x.ID
	}
	c.TokenID = id
	in.Issue(t, c.Stillborn, c.Now)
}

// Issued reports whether a realm has issued a token, as this caller sees the realm.
func (c *Call) Issued(rm *accounts.Realm, claims signing.Claims) bool {
	return rm.Issued(claims, c.Base(), c.FixedBase != "")
}
