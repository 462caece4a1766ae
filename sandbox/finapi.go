package sandbox

import (
	"net/http"

	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
)

// finapiVendor is the Keycloak of finAPI's Demobank, one realm a mandator, and a call of the project's own.
type finapiVendor struct{ *Server }

var _ finapiserver.ServerInterface = finapiVendor{}

func (v finapiVendor) IssueToken(w http.ResponseWriter, r *http.Request, mandator finapiserver.Mandator) {
	v.serve(w, r, FinAPI, TokenEndpoint, keycloak(mandator, issueToken))
}

func (v finapiVendor) GetKeys(w http.ResponseWriter, r *http.Request, mandator finapiserver.Mandator) {
	v.serve(w, r, FinAPI, KeysEndpoint, publishKeys(mandator))
}

func (v finapiVendor) RevokeToken(w http.ResponseWriter, r *http.Request, mandator finapiserver.Mandator) {
	v.serve(w, r, FinAPI, RevocationEndpoint, keycloak(mandator, revokeToken))
}

func (v finapiVendor) EndSession(w http.ResponseWriter, r *http.Request, mandator finapiserver.Mandator) {
	v.serve(w, r, FinAPI, LogoutEndpoint, keycloak(mandator, endSession))
}

func (v finapiVendor) IntrospectToken(w http.ResponseWriter, r *http.Request, mandator finapiserver.Mandator) {
	v.serve(w, r, FinAPI, IntrospectEndpoint, keycloak(mandator, introspectToken))
}

// WhoAmI tells whose token was sent.
func (v finapiVendor) WhoAmI(w http.ResponseWriter, r *http.Request) {
	v.serve(w, r, FinAPI, APIEndpoint, func(c *call) answer {
		t, refusal := c.enterAPI()
		if refusal != nil {
			return *refusal
		}
		s := c.server
		s.mu.Lock()
		defer s.mu.Unlock()
		var who *user
		if rm := s.realms[FinAPI][t.realm]; rm != nil {
			who = s.findUser(rm, t.user)
		}
		if who == nil {
			// A service account, or a user who is gone.
			return oauthError(http.StatusForbidden, "access_denied", "The access token belongs to no user")
		}
		return jsonAnswer(http.StatusOK, append(object{{"subject", who.subject}, {"username", who.Username}}, who.mandator()...))
	})
}
