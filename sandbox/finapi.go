package sandbox

import (
	"net/http"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
)

// finapiAPI is a call of the project's own: finAPI publishes none.
func finapiAPI(s *Server) call.API {
	return call.API{
		Enter:  s.enterAPI,
		Refuse: call.Plain,
		Calls:  call.Bind(s.exchange, map[string]serverOp{"WhoAmI": whoAmI}),
	}
}

// whoAmI tells whose token was sent.
func whoAmI(c exchange) answer.Answer {
	who := c.server.accounts.User(c.Token.Realm, c.Token.User)
	if who == nil {
		// A service account, or a user who is gone.
		return answer.OAuthError(http.StatusForbidden, "access_denied", "The access token belongs to no user")
	}
	return answer.JSON(http.StatusOK, append(object{{"subject", who.Subject}, {"username", who.Username}}, who.MandatorMembers()...))
}
