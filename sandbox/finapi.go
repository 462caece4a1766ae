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
	who := c.server.accounts.User(c.token.Realm, c.token.User)
	if who == nil {
		// A service account, or a user who is gone.
		return answer.OAuthError(http.StatusForbidden, "access_denied", "The access token belongs to no user")
	}
	return answer.JSON(http.StatusOK, append(object{{"subject", who.Subject}, {"username", who.Username}}, who.MandatorMembers()...))
}
