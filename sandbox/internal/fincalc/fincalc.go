// Package fincalc answers for FinCalc.
package fincalc

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/clientbook"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// An API is a league/oauth2-server behind an envelope of its own, and a Laravel application.
type API struct {
	Gate *gate.Gate
	Book *clientbook.Book
}

// Operations returns what the token endpoint does, by operationId.
func (a *API) Operations() map[string]call.Operation {
	return call.Bind(a.visit, map[string]op{"IssueToken": issueToken})
}

// Resource returns what the resource API does beside what the document says.
func (a *API) Resource() call.API {
	return call.API{
		Enter:  func(c *call.Call) *answer.Answer { return enter(a.visit(c)) },
		Refuse: invalid,
		Calls: call.Bind(a.visit, map[string]op{
			"ListClients":             listClients,
			"GetClientByBackOfficeID": getClient,
			"ListClientTags":          listClientTags,
			"AddClientTag":            addClientTag,
			"RemoveClientTag":         removeClientTag,
			"ListCompanyTags":         listCompanyTags,
			"CreateCompanyTag":        createCompanyTag,
			"GetCompanyTag":           getCompanyTag,
			"UpdateCompanyTag":        updateCompanyTag,
			"DeleteCompanyTag":        deleteCompanyTag,
		}),
	}
}

// A visit is a call to the API.
type visit struct {
	*call.Call
	*API
}

type op = func(visit) answer.Answer

func (a *API) visit(c *call.Call) visit { return visit{c, a} }

// issueToken is RFC 6749 section 4.4 with a JSON body.
func issueToken(c visit) answer.Answer {
	malformed := failures.FinCalcToken(http.StatusBadRequest, failures.MalformedRequest)
	if c.ContentType() != "application/json" {
		return malformed
	}
	members := c.Members()
	switch members["grant_type"] {
	case "client_credentials":
	case "":
		return malformed
	default:
		return failures.League(http.StatusBadRequest, "unsupported_grant_type",
			"The authorization grant type is not supported by the authorization server.", "Check that all required parameters have been provided")
	}
	for _, name := range []string{"client_id", "client_secret", "scope", "email_address"} {
		if strings.TrimSpace(members[name]) == "" { // Laravel trims before it looks
			return malformed
		}
	}
	rm := c.Gate.Accounts.Realm(vendors.FinCalc, "")
	by, known := c.Gate.Accounts.Authenticate(rm, members["client_id"], members["client_secret"], c.Now)
	if !known {
		return failures.League(http.StatusUnauthorized, "invalid_client", "Client authentication failed", "")
	}
	if !by.AnyWord && !strings.EqualFold(by.EmailAddress, members["email_address"]) {
		return failures.WrongEmail()
	}
	scopes := strings.Fields(members["scope"])
	for _, scope := range scopes {
		if !slices.Contains(by.Scopes, scope) && !slices.Contains(by.OptionalScopes, scope) {
			return failures.League(http.StatusBadRequest, "invalid_scope", "The requested scope is invalid, unknown, or malformed",
				fmt.Sprintf("Check the `%s` scope", scope))
		}
	}
	if len(c.Undocumented("client_credentials")) > 0 {
		return malformed
	}
	return c.mintPlain(rm, by, scopes)
}

// mintPlain signs a token as league does: no key id, times with fractions, and no issuer.
func (c visit) mintPlain(rm *accounts.Realm, by *accounts.LiveClient, scopes []string) answer.Answer {
	life := c.AccessLife(rm, by)
	id := strings.ReplaceAll(uuid.New()+uuid.New(), "-", "")
	issuedAt := float64(c.Now.UnixMicro()) / 1e6
	claims := jsondoc.Object{
		{"aud", by.ID},
		{"jti", id},
		{"iat", issuedAt},
		{"nbf", issuedAt},
		{"exp", issuedAt + life.Seconds()},
		{"sub", ""},
		{"scopes", scopes},
	}
	text, err := c.Gate.Rings[vendors.FinCalc].Signing().SignPlain(claims)
	if err != nil {
		return failures.FinCalcToken(http.StatusInternalServerError, "Server Error")
	}
	if c.Opaque {
		text, id = accounts.OpaqueToken()
	}
	c.Record(c.Gate.Accounts, rm, by, nil, nil, id, c.Now.Add(life))
	data := jsondoc.Object{{"token_type", "Bearer"}, {"expires_in", int64(life / time.Second)}, {"access_token", text}}
	return answer.JSON(http.StatusOK, jsondoc.Object{{"success", true}, {"data", data}}).Unstored()
}

// enter checks what stands before every API call.
func enter(c visit) *answer.Answer {
	if _, problem := c.Gate.Token(c.Call); problem != "" {
		if wantsJSON(c.Request) {
			return new(failures.FinCalc(http.StatusUnauthorized, string(problem)))
		}
		login := c.Base() + vendors.FinCalcPath + "/login"
		return new(answer.Text(http.StatusFound, "text/html; charset=UTF-8", "Redirecting to "+login).With("Location", login))
	}
	return c.Gate.Limit(c.Call)
}

// wantsJSON reports whether the first media type that r accepts is JSON. Laravel's guard sends
// every other visitor without a good token to the login page.
func wantsJSON(r *http.Request) bool {
	first, _, _ := strings.Cut(strings.Join(r.Header.Values("Accept"), ","), ",")
	first, _, _ = strings.Cut(strings.ToLower(first), ";")
	return strings.Contains(first, "/json") || strings.Contains(first, "+json")
}

// invalid is 422 with the problems of each member, or a refusal of the body as a whole.
func invalid(_ *openapi.Operation, status int, problems []openapi.Problem) answer.Answer {
	fields := jsondoc.Object{}
	for _, p := range problems {
		if p.Path == "" {
			return failures.FinCalc(status, p.String())
		}
		texts, _ := fields.Get(p.Path).([]string)
		fields.Set(p.Path, append(texts, p.String()))
	}
	a := failures.FinCalc(http.StatusUnprocessableEntity, "Validation Error")
	a.Members.Set("data", fields)
	return a
}
