// Package league is an authorization server that answers like league/oauth2-server inside Laravel
// Passport, which is what FinCalc's looks like from outside: JSON requests, errors with a hint,
// tokens whose times have fractions and whose subject is empty. It was written from what those
// servers were seen to answer, and shares nothing with the sandbox.
package league

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
)

// A Shape is the vendor's envelope around league's answers.
type Shape string

// The shapes.
const (
	Bare        Shape = "bare"         // league's own, RFC 6749
	Enveloped   Shape = "enveloped"    // as on FinCalc's page: {success, data} and {success, message:{description}}
	TextMessage Shape = "text message" // the same with message as text
	Always200   Shape = "always 200"   // enveloped, and the status is always 200
	Mixed       Shape = "mixed"        // enveloped successes, bare errors
)

// Shapes lists them.
func Shapes() []Shape { return []Shape{Bare, Enveloped, TextMessage, Always200, Mixed} }

// Options configure a Server.
type Options struct {
	Version Version
	Shape   Shape
	// PerMinute is Passport's throttle of the token route; 0 is its default, 60.
	PerMinute int
	// NoExpiry leaves expires_in out of answers.
	NoExpiry bool
	// Lifetime is the lifetime of tokens; 24 hours if zero.
	Lifetime time.Duration
}

// The account.
const (
	ClientID     = "12345"
	TextClientID = "my-client"
	Secret       = "bVc8ztJq3N92uUM4mRSoDkE6Wx5fnGhXlPaPyTg7"
	EmailAddress = "hello@example.com"
)

var scopes = []string{"fact-find", "client-financials", "client-information", "api_scope"}

// A Server is one running server.
type Server struct {
	*httptest.Server
	options Options
	key     *rsa.PrivateKey

	mu      sync.Mutex
	force   Row
	taken   int // of this minute's requests
	minute  time.Time
	sent    []map[string]json.RawMessage
	refresh string
}

// newKey makes the key that all servers share, because making one takes a while.
var newKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// Start serves until Close.
func Start(o Options) (*Server, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	if o.PerMinute == 0 {
		o.PerMinute = 60
	}
	if o.Lifetime == 0 {
		o.Lifetime = 24 * time.Hour
	}
	s := &Server{options: o, key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+docpath.Of(fincalcserver.Document, "IssueToken"), s.json)
	mux.HandleFunc("GET "+docpath.Of(fincalcserver.Document, "ListClients"), s.clients)
	// FinCalc has no refresh tokens, but one of league's answers is about them. So the server also
	// plays finAPI.
	mux.HandleFunc("POST "+docpath.Of(finapiserver.Document, "IssueToken"), s.form)
	s.Server = httptest.NewServer(mux)
	return s, nil
}

// Force makes the token endpoint answer its next request with a row.
func (s *Server) Force(r Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.force = r
}

// Sent returns the JSON requests to the token endpoint, in their order.
func (s *Server) Sent() []map[string]json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// throttle is Laravel's throttle: it counts a minute's requests, and answers before league.
func (s *Server) throttle(w http.ResponseWriter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(s.minute) >= time.Minute {
		s.minute, s.taken = now, 0
	}
	forced := s.force == Throttled
	if forced {
		s.force = ""
	}
	w.Header().Set("X-RateLimit-Limit", strconv.Itoa(s.options.PerMinute))
	if !forced && s.taken < s.options.PerMinute {
		s.taken++
		w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(s.options.PerMinute-s.taken))
		return false
	}
	reset := s.minute.Add(time.Minute)
	w.Header().Set("X-RateLimit-Remaining", "0")
	w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(reset.Sub(now).Seconds()))))
	write(w, http.StatusTooManyRequests, map[string]any{"message": "Too Many Attempts."})
	return true
}

// json is FinCalc's token endpoint.
func (s *Server) json(w http.ResponseWriter, r *http.Request) {
	if s.throttle(w) {
		return
	}
	var body bytes.Buffer
	_, _ = body.ReadFrom(http.MaxBytesReader(w, r.Body, 1<<20))
	// PHP reads a body that is not JSON, or has another media type, as one without members.
	members := map[string]json.RawMessage{}
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType == "application/json" {
		_ = json.Unmarshal(body.Bytes(), &members)
	}
	s.mu.Lock()
	s.sent = append(s.sent, members)
	forced := s.force
	s.force = ""
	s.mu.Unlock()
	text := func(name string) string {
		var value any
		d := json.NewDecoder(bytes.NewReader(members[name]))
		d.UseNumber()
		if d.Decode(&value) != nil || value == nil {
			return ""
		}
		return fmt.Sprint(value)
	}
	switch {
	case forced != "":
		s.refuse(w, forced)
	case text("grant_type") != "client_credentials":
		s.refuse(w, UnsupportedGrant)
	case text("client_id") == "":
		s.refuse(w, MissingClientID)
	case text("client_id") != ClientID && text("client_id") != TextClientID, text("client_secret") != Secret:
		s.refuse(w, InvalidClient)
	case !strings.EqualFold(text("email_address"), EmailAddress):
		s.refuse(w, WrongEmailAddress)
	case slices.ContainsFunc(strings.Fields(text("scope")), func(word string) bool { return !slices.Contains(scopes, word) }):
		s.refuse(w, InvalidScope)
	default:
		s.grant(w, text("client_id"), "", strings.Fields(text("scope")))
	}
}

// form is league's token endpoint with the password and refresh grants.
func (s *Server) form(w http.ResponseWriter, r *http.Request) {
	if s.throttle(w) {
		return
	}
	s.mu.Lock()
	forced, refresh := s.force, s.refresh
	s.force = ""
	s.mu.Unlock()
	switch grant := r.PostFormValue("grant_type"); {
	case forced != "":
		s.refuse(w, forced)
	case grant == "password":
		s.grant(w, r.PostFormValue("client_id"), newID(), nil)
	case grant == "refresh_token" && r.PostFormValue("refresh_token") == refresh:
		s.grant(w, r.PostFormValue("client_id"), newID(), nil)
	case grant == "refresh_token":
		s.refuse(w, InvalidRefreshToken)
	default:
		s.refuse(w, UnsupportedGrant)
	}
}

// grant answers with a token. league puts the client into aud, an empty text into sub if there is
// no user, and no scope beside the token.
func (s *Server) grant(w http.ResponseWriter, clientID, refresh string, words []string) {
	now := float64(time.Now().UnixMicro()) / 1e6
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"aud": clientID, "jti": newID(), "iat": now, "nbf": now, "exp": now + s.options.Lifetime.Seconds(), "sub": "", "scopes": words,
	})
	signed, err := token.SignedString(s.key)
	if err != nil {
		s.refuse(w, ServerError)
		return
	}
	answer := map[string]any{"token_type": "Bearer", "access_token": signed}
	if !s.options.NoExpiry {
		answer["expires_in"] = int(s.options.Lifetime.Seconds())
	}
	if refresh != "" {
		answer["refresh_token"] = refresh
		s.mu.Lock()
		s.refresh = refresh
		s.mu.Unlock()
	} else if s.options.Shape != Bare {
		answer = map[string]any{"success": true, "data": answer}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	write(w, http.StatusOK, answer)
}

// refuse answers a row.
func (s *Server) refuse(w http.ResponseWriter, row Row) {
	r := row.refusal(s.options.Version)
	if s.options.Shape == Bare || s.options.Shape == Mixed && r.code != "" {
		answer := map[string]any{"error": r.code, "error_description": r.description}
		if r.hint != "" {
			answer["hint"] = r.hint
		}
		if s.options.Version == V8 {
			answer["message"] = r.description
		}
		write(w, r.status, answer)
		return
	}
	status := r.status
	if s.options.Shape == Always200 {
		status = http.StatusOK
	}
	var message any = map[string]any{"description": r.description}
	if s.options.Shape == TextMessage {
		message = r.description
	}
	write(w, status, map[string]any{"success": false, "message": message})
}

// clients is the API: it answers one page of one client to a request with a token of this server.
func (s *Server) clients(w http.ResponseWriter, r *http.Request) {
	text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if _, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return &s.key.PublicKey, nil }, jwt.WithValidMethods([]string{"RS256"})); err != nil {
		write(w, http.StatusUnauthorized, map[string]any{"success": false, "message": map[string]any{"description": "Unauthenticated."}})
		return
	}
	write(w, http.StatusOK, map[string]any{
		"success": true,
		"data":    []any{map[string]any{"ClientGUID": "3F0B1C88-6D80-4C17-BB3E-1D68E6D26405"}},
		"meta":    map[string]any{"CurrentPage": 1, "PageSize": 100, "HasPreviousPage": false, "HasNextPage": false, "Links": map[string]any{}},
	})
}

func write(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

// newID returns 40 random bytes in hexadecimal, like league's ids.
func newID() string {
	id := make([]byte, 40)
	_, _ = rand.Read(id)
	return hex.EncodeToString(id)
}
