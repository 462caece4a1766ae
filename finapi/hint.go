package finapi

import (
	"net/http"
	"strings"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
)

// help is the part of the troubleshooting page about this vendor.
const help = finsdk.Troubleshooting + "#finapi-"

// explainPassword classifies a failed login. For a wrong user or password Keycloak says
// invalid_grant, with 401 or, since 26.6, with 400.
func explainPassword(e *auth.Error, said string) {
	if e.Code == "invalid_grant" {
		e.Kind = auth.ErrInvalidCredentials
		switch {
		case strings.Contains(said, "disabled"):
			e.Hint = "the user is disabled, or locked for a while after wrong passwords: ask finAPI to enable it"
		case strings.Contains(said, "not fully set up"):
			e.Hint = "the user has to complete its account first, such as by setting a new password: log in to it once by hand, or ask finAPI"
		default:
			e.Hint = "check Username and Password; a user is locked for a while after several wrong passwords, and is refused in the same words then"
		}
		return
	}
	explain(e)
}

// explainRefresh classifies a failed refresh. The refresh token is at fault if the code is
// invalid_grant or invalid_request: league/oauth2-server 8 sends the latter with 401, and Keycloak
// 26.7 with 400 for a token that is too long. Any other 401 that does not name the client concerns
// the refresh token too: the client has no secret that could be refused.
func explainRefresh(e *auth.Error, _ string) {
	request := e.Code == "invalid_request" && e.StatusCode == http.StatusBadRequest
	unnamed := e.StatusCode == http.StatusUnauthorized && e.Code != "invalid_client" && e.Code != "unauthorized_client"
	if e.Code == "invalid_grant" || request || unnamed {
		e.Kind = auth.ErrInvalidGrant
		e.Hint = "the refresh token is old (30 minutes without use end it) or its session is over: log in again with the password grant"
		return
	}
	explain(e)
}

func explain(e *auth.Error) {
	switch {
	case e.StatusCode == http.StatusNotFound:
		e.Hint = "finAPI knows no such mandator: check Mandator, and AuthURL"
	case e.Kind == auth.ErrInvalidCredentials && e.Code != "":
		e.Hint = "the mandator does not let " + ClientID + " log in: check Mandator with finAPI"
	case e.Kind == auth.ErrInvalidCredentials:
		e.Hint = "check Mandator, Username and Password, and that nothing between this machine and finAPI refuses it"
	}
}
