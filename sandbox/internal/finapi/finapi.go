// Package finapi answers for finAPI's API. It has one call, the project's own, because finAPI
// publishes none.
package finapi

import (
	"net/http"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
)

// API returns what finAPI does beside what its document says.
func API(g *gate.Gate) call.API {
	return call.API{
		Enter:  func(c *call.Call) *answer.Answer { return g.Enter(c, nil) },
		Refuse: call.Plain,
		Calls:  map[string]call.Operation{"WhoAmI": func(c *call.Call) answer.Answer { return whoAmI(g.Accounts, c) }},
	}
}

// whoAmI tells whose token was sent.
func whoAmI(known *accounts.Book, c *call.Call) answer.Answer {
	who := known.User(c.Token.Realm, c.Token.User)
	if who == nil {
		// A service account, or a user who is gone.
		return answer.OAuthError(http.StatusForbidden, "access_denied", "The access token belongs to no user")
	}
	return answer.JSON(http.StatusOK, append(jsondoc.Object{{"subject", who.Subject}, {"username", who.Username}}, who.MandatorMembers()...))
}
