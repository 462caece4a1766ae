// Package failures has the failures of the vendors, each in its own shape.
package failures

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// TokenProblem is why an API refuses a token.
type TokenProblem string

// The problems.
const (
	TokenMissing     TokenProblem = "The access token is missing"
	TokenMalformed   TokenProblem = "The access token is not a JWT of this server"
	TokenExpired     TokenProblem = "The access token has expired"
	TokenRevoked     TokenProblem = "The access token has been revoked"
	TokenIssuer      TokenProblem = "The access token comes from another issuer"
	TokenAudience    TokenProblem = "The access token is meant for another audience"
	TokenProduct     TokenProblem = "The access token is of another product's client"
	TokenEnvironment TokenProblem = "The client's allowed audience does not match this API host"
)

// Bearer is the answer of an API that keeps to RFC 6750 section 3.1.
func Bearer(problem TokenProblem) answer.Answer {
	if problem == TokenMissing {
		a := answer.OAuthError(http.StatusUnauthorized, "invalid_request", string(problem))
		return a.With("WWW-Authenticate", `Bearer realm="sandbox"`)
	}
	a := answer.OAuthError(http.StatusUnauthorized, "invalid_token", string(problem))
	return a.With("WWW-Authenticate", fmt.Sprintf(`Bearer realm="sandbox", error="invalid_token", error_description=%q`, problem))
}

// IPRefused is the answer to a caller whose address is not allowed. Finventi does not document it.
// Its code is not "access_denied", which Keycloak sends for a disabled realm.
func IPRefused() answer.Answer {
	return answer.OAuthError(http.StatusForbidden, "forbidden", "IP address not allowed")
}

// MalformedRequest is the text on FinCalc's page, which is league's.
const MalformedRequest = "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed."

// WrongEmail is FinCalc's answer to the login of somebody else.
func WrongEmail() answer.Answer {
	return FinCalcToken(http.StatusBadRequest, "The email address does not belong to a login of this client.")
}

// FinCalcToken is the envelope of a failure, with the message as an object.
func FinCalcToken(status int, description string) answer.Answer {
	return answer.JSON(status, jsondoc.Object{{"success", false}, {"message", jsondoc.Object{{"description", description}}}})
}

// League is the plain error of league/oauth2-server 8.5, which repeats the description as
// message.
func League(status int, code, description, hint string) answer.Answer {
	a := answer.OAuthError(status, code, description)
	if hint != "" {
		a.Members.Set("hint", hint)
	}
	a.Members.Set("message", description)
	return a
}

// FinCalc is the envelope of a failure of the API, with the message as text.
func FinCalc(status int, message string) answer.Answer {
	return answer.JSON(status, jsondoc.Object{{"success", false}, {"message", message}})
}

var onefinopsCodes = map[int]string{
	http.StatusBadRequest:          "request.rejected",
	http.StatusUnauthorized:        "unauthorized",
	http.StatusForbidden:           "not_entitled",
	http.StatusNotFound:            "not_found",
	http.StatusConflict:            "conflict",
	http.StatusUnprocessableEntity: "validation_error",
	http.StatusTooManyRequests:     "rate_limited",
	http.StatusInternalServerError: "internal_error",
	http.StatusBadGateway:          "upstream.failure",
	http.StatusServiceUnavailable:  "unavailable",
}

// OneFinOps is the error envelope of the API.
func OneFinOps(status int, message string) answer.Answer {
	code := cmp.Or(onefinopsCodes[status], strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_"))
	return answer.JSON(status, jsondoc.Object{
		{"object", "error"},
		{"code", cmp.Or(code, "error")},
		{"message", message},
		{"httpStatus", status},
		{"requestId", "req_" + uuid.New()[:18]},
		{"traceId", strings.ReplaceAll(uuid.New(), "-", "")},
	})
}

// TooMany is the 429 of Laravel, of OneFinOps's API, or of the gateway before a Keycloak, which has
// none of its own.
func TooMany(v vendors.Vendor, e vendors.Endpoint) answer.Answer {
	switch {
	case v == vendors.FinCalc:
		return answer.JSON(http.StatusTooManyRequests, jsondoc.Object{{"message", "Too Many Attempts."}})
	case v == vendors.OneFinOps && e == vendors.API:
		return OneFinOps(http.StatusTooManyRequests, "The client's limit is spent")
	}
	return answer.Text(http.StatusTooManyRequests, "text/plain; charset=utf-8", "Too Many Requests\n")
}

// Of is a failure with a status and a text, in the shape that a vendor has for it at an
// endpoint that is no Keycloak's.
func Of(v vendors.Vendor, e vendors.Endpoint, status int, text string) answer.Answer {
	switch {
	case v == vendors.FinCalc && e == vendors.Token:
		return FinCalcToken(status, text)
	case v == vendors.FinCalc:
		return FinCalc(status, text)
	case v == vendors.OneFinOps && e != vendors.Token:
		return OneFinOps(status, text)
	}
	return answer.OAuthError(status, strings.ReplaceAll(strings.ToLower(text), " ", "_"), "")
}

// BadCredentials is Keycloak's description of a client that is unknown, or whose secret is wrong.
const BadCredentials = "Invalid client or Invalid client credentials"
