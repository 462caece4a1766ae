package league

import "net/http"

// A Version is a major release of league/oauth2-server. They differ in a few answers.
type Version string

// The releases in use: Passport 11 and older have the first, newer ones the second.
const (
	V8 Version = "8.5"
	V9 Version = "9.4"
)

// A Row is one way in which the server refuses a request.
type Row string

// The rows.
const (
	InvalidClient        Row = "invalid client"
	MissingClientID      Row = "no client_id"
	UnsupportedGrant     Row = "no grant, or an unknown one"
	InvalidScope         Row = "invalid scope"
	InvalidRefreshToken  Row = "invalid refresh token"
	ServerError          Row = "server error"
	Throttled            Row = "throttled"
	WrongEmailAddress    Row = "another login's e-mail address"
	unsupportedGrantText     = "The authorization grant type is not supported by the authorization server."
	invalidRequestText       = "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed."
)

// Rows lists the refusals of league itself, without Laravel's throttle and FinCalc's own refusals.
func Rows() []Row {
	return []Row{InvalidClient, MissingClientID, UnsupportedGrant, InvalidScope, InvalidRefreshToken, ServerError}
}

// refusal is a row's answer.
type refusal struct {
	status                  int
	code, description, hint string
}

func (r Row) refusal(v Version) refusal {
	switch r {
	case InvalidClient:
		return refusal{http.StatusUnauthorized, "invalid_client", "Client authentication failed", ""}
	case MissingClientID:
		return refusal{http.StatusBadRequest, "invalid_request", invalidRequestText, "Check the `client_id` parameter"}
	case UnsupportedGrant:
		return refusal{http.StatusBadRequest, "unsupported_grant_type", unsupportedGrantText, "Check that all required parameters have been provided"}
	case InvalidScope:
		return refusal{http.StatusBadRequest, "invalid_scope", "The requested scope is invalid, unknown, or malformed", "Check the `everything` scope"}
	case InvalidRefreshToken:
		if v == V8 {
			return refusal{http.StatusUnauthorized, "invalid_request", "The refresh token is invalid.", "Cannot decrypt the refresh token"}
		}
		return refusal{http.StatusBadRequest, "invalid_grant", "The refresh token is invalid.", "Cannot decrypt the refresh token"}
	case WrongEmailAddress:
		return refusal{http.StatusBadRequest, "", "The email address does not belong to a login of this client.", ""}
	}
	return refusal{http.StatusInternalServerError, "server_error",
		"The authorization server encountered an unexpected condition which prevented it from fulfilling the request.", ""}
}
