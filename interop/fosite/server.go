// Package fosite is an authorization server made of ory/fosite, the library behind Ory Hydra, which
// is stricter with refresh tokens than a Keycloak is by default: each works once, and using one
// again ends everything that came of the same login. It stands where finAPI's and OneFinOps's
// servers have their token endpoints.
package fosite

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	ory "github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/storage"
	"golang.org/x/crypto/bcrypt"

	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/internal/test/docpath"
)

// The accounts.
const (
	Username   = "anna"
	Password   = "pw-anna"
	PublicID   = "demobank-cli"
	ClientID   = "ofin_test_abc"
	NewSecret  = "new-secret"
	OldSecret  = "old-secret"
	WhoAmIPath = "/whoami"
)

// TokenPath returns the path of finAPI's token endpoint.
func TokenPath() string { return docpath.Of(finapiserver.Document, "IssueToken", "customer") }

// Lifetimes are the lifetimes of the tokens.
type Lifetimes struct{ Access, Refresh time.Duration }

// A Server answers token requests, and tells at WhoAmIPath whose token a request has.
type Server struct {
	*httptest.Server

	provider ory.OAuth2Provider
	store    *store

	mu     sync.Mutex
	grants map[string]int // by grant type and status, such as "refresh_token 400"
}

// Start serves until Close.
func Start(l Lifetimes) (*Server, error) {
	config := &ory.Config{
		AccessTokenLifespan:  l.Access,
		RefreshTokenLifespan: l.Refresh,
		GlobalSecret:         []byte("a secret of thirty-two characters"),
		HashCost:             bcrypt.MinCost,
		RefreshTokenScopes:   []string{}, // a refresh token for every scope
		// A client may ask for any scope that its document has.
		ScopeStrategy: func([]string, string) bool { return true },
	}
	memory, err := newStore()
	if err != nil {
		return nil, err
	}
	s := &Server{store: memory, grants: map[string]int{}}
	s.provider = compose.Compose(config, memory,
		&compose.CommonStrategy{CoreStrategy: compose.NewOAuth2HMACStrategy(config)},
		compose.OAuth2ClientCredentialsGrantFactory,
		compose.OAuth2ResourceOwnerPasswordCredentialsFactory, //lint:ignore SA1019 finAPI uses the grant, deprecated or not
		compose.OAuth2RefreshTokenGrantFactory,
		compose.OAuth2TokenIntrospectionFactory,
	)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+TokenPath(), s.token)
	mux.HandleFunc("POST "+docpath.Of(onefinopsserver.Document, "IssueToken"), s.token)
	mux.HandleFunc("GET "+WhoAmIPath, s.whoami)
	s.Server = httptest.NewServer(mux)
	return s, nil
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	copied := &statusWriter{ResponseWriter: w}
	request, err := s.provider.NewAccessRequest(ctx, r, &ory.DefaultSession{})
	defer func() {
		s.mu.Lock()
		s.grants[r.PostForm.Get("grant_type")+" "+http.StatusText(copied.status)]++
		s.mu.Unlock()
	}()
	if err != nil {
		s.provider.WriteAccessError(ctx, copied, request, err)
		return
	}
	response, err := s.provider.NewAccessResponse(ctx, request)
	if err != nil {
		s.provider.WriteAccessError(ctx, copied, request, err)
		return
	}
	s.provider.WriteAccessResponse(ctx, copied, request, response)
}

func (s *Server) whoami(w http.ResponseWriter, r *http.Request) {
	_, request, err := s.provider.IntrospectToken(r.Context(), ory.AccessTokenFromRequest(r), ory.AccessToken, &ory.DefaultSession{})
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	who := request.GetSession().GetSubject()
	_ = json.NewEncoder(w).Encode(map[string]string{"subject": who, "username": who})
}

// Grants counts the requests of a grant type that were answered with a status.
func (s *Server) Grants(grantType string, status int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grants[grantType+" "+http.StatusText(status)]
}

// DropOldSecret ends the time in which both secrets of ClientID work.
func (s *Server) DropOldSecret() error { return s.store.setSecrets(NewSecret) }

// FailRefreshes makes the next refreshes fail with a conflict in the database, as two simultaneous
// refreshes do.
func (s *Server) FailRefreshes(n int) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.conflicts = n
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// store is fosite's own store, with users, and with clients that can be changed while it runs.
type store struct {
	*storage.MemoryStore

	mu        sync.Mutex
	client    *ory.DefaultClient
	conflicts int
}

func newStore() (*store, error) {
	s := &store{MemoryStore: storage.NewMemoryStore()}
	s.Users[Username] = storage.MemoryUserRelation{Username: Username, Password: Password}
	s.Clients[PublicID] = &ory.DefaultClient{ID: PublicID, Public: true, GrantTypes: ory.Arguments{"password", "refresh_token"}}
	return s, s.setSecrets(NewSecret, OldSecret)
}

// setSecrets makes these the client's secrets, the newest first.
func (s *store) setSecrets(newest string, others ...string) error {
	client := &ory.DefaultClient{ID: ClientID, GrantTypes: ory.Arguments{"client_credentials"}}
	for i, secret := range append([]string{newest}, others...) {
		hash, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
		if err != nil {
			return err
		}
		if i == 0 {
			client.Secret = hash
		} else {
			client.RotatedSecrets = append(client.RotatedSecrets, hash)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = client
	return nil
}

// GetClient returns a client. fosite calls it.
func (s *store) GetClient(ctx context.Context, id string) (ory.Client, error) {
	if id == ClientID {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.client, nil
	}
	return s.MemoryStore.GetClient(ctx, id)
}

// RotateRefreshToken replaces a refresh token. fosite calls it.
func (s *store) RotateRefreshToken(ctx context.Context, requestID, signature string) error {
	s.mu.Lock()
	conflict := s.conflicts > 0
	if conflict {
		s.conflicts--
	}
	s.mu.Unlock()
	if conflict {
		return ory.ErrSerializationFailure
	}
	return s.MemoryStore.RotateRefreshToken(ctx, requestID, signature)
}
