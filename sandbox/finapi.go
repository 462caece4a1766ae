package sandbox

import (
	"net/http"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
)

// finapiAPI is a call of the project's own: finAPI publishes none.
var finapiAPI = api{
	enter:  (*call).enterAPI,
	refuse: plain,
	calls:  map[string]operation{"WhoAmI": whoAmI},
}

// whoAmI tells whose token was sent.
func whoAmI(c *call) answer.Answer {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	var who *user
	if rm := s.realms[FinAPI][c.token.Realm]; rm != nil {
		who = s.findUser(rm, c.token.User)
	}
	if who == nil {
		// A service account, or a user who is gone.
		return answer.OAuthError(http.StatusForbidden, "access_denied", "The access token belongs to no user")
	}
	return answer.JSON(http.StatusOK, append(object{{"subject", who.subject}, {"username", who.Username}}, who.mandator()...))
}
