package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// fincalcServer is FinCalc's token endpoint, a league/oauth2-server behind an envelope of its own.
var fincalcServer = map[string]operation{"IssueToken": issueFinCalcToken}

// fincalcAPI is FinCalc's API, a Laravel application.
var fincalcAPI = api{
	enter:  enterFinCalc,
	refuse: invalidFinCalc,
	calls:  map[string]operation{"ListClients": listClients},
}

// malformedRequest is the text on FinCalc's page, which is league's.
const malformedRequest = "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed."

// issueFinCalcToken is RFC 6749 section 4.4 with a JSON body.
func issueFinCalcToken(c *call) answer {
	malformed := fincalcFailure(http.StatusBadRequest, malformedRequest)
	if c.contentType() != "application/json" {
		return malformed
	}
	members := c.members()
	switch members["grant_type"] {
	case "client_credentials":
	case "":
		return malformed
	default:
		return leagueError(http.StatusBadRequest, "unsupported_grant_type",
			"The authorization grant type is not supported by the authorization server.", "Check that all required parameters have been provided")
	}
	for _, name := range []string{"client_id", "client_secret", "scope", "email_address"} {
		if strings.TrimSpace(members[name]) == "" { // Laravel trims before it looks
			return malformed
		}
	}
	s := c.server
	s.mu.Lock()
	rm := s.realms[FinCalc][""]
	by := s.findClient(rm, members["client_id"])
	known := by != nil && !by.Disabled && by.accepts(members["client_secret"], c.now)
	s.mu.Unlock()
	if !known {
		return leagueError(http.StatusUnauthorized, "invalid_client", "Client authentication failed", "")
	}
	if !by.anyWord && !strings.EqualFold(by.EmailAddress, members["email_address"]) {
		return wrongEmail()
	}
	scopes := strings.Fields(members["scope"])
	for _, scope := range scopes {
		if !slices.Contains(by.Scopes, scope) && !slices.Contains(by.OptionalScopes, scope) {
			return leagueError(http.StatusBadRequest, "invalid_scope", "The requested scope is invalid, unknown, or malformed",
				fmt.Sprintf("Check the `%s` scope", scope))
		}
	}
	if len(c.undocumented("client_credentials")) > 0 {
		return malformed
	}
	return c.mintPlain(rm, by, scopes)
}

func wrongEmail() answer {
	return fincalcFailure(http.StatusBadRequest, "The email address does not belong to a login of this client.")
}

// mintPlain signs a token as league does: no key id, times with fractions, and no issuer.
func (c *call) mintPlain(rm *realm, by *client, scopes []string) answer {
	life := c.accessLife(rm, by)
	id := strings.ReplaceAll(uuid.New()+uuid.New(), "-", "")
	issuedAt := float64(c.now.UnixMicro()) / 1e6
	claims := object{
		{"aud", by.ID},
		{"jti", id},
		{"iat", issuedAt},
		{"nbf", issuedAt},
		{"exp", issuedAt + life.Seconds()},
		{"sub", ""},
		{"scopes", scopes},
	}
	text, err := c.server.rings[FinCalc].Signing().SignPlain(claims)
	if err != nil {
		return fincalcFailure(http.StatusInternalServerError, "Server Error")
	}
	if c.opaque {
		text, id = opaqueToken()
	}
	c.record(rm, by, nil, nil, id, claims)
	data := object{{"token_type", "Bearer"}, {"expires_in", seconds(life)}, {"access_token", text}}
	return jsonAnswer(http.StatusOK, object{{"success", true}, {"data", data}}).unstored()
}

// fincalcFailure is the envelope of a failure, with the message as an object.
func fincalcFailure(status int, description string) answer {
	return jsonAnswer(status, object{{"success", false}, {"message", object{{"description", description}}}})
}

// leagueError is the plain error of league/oauth2-server 8.5, which repeats the description as
// message.
func leagueError(status int, code, description, hint string) answer {
	a := oauthError(status, code, description)
	if hint != "" {
		a.members.Set("hint", hint)
	}
	a.members.Set("message", description)
	return a
}

// listClients pages through the adviser's clients.
func listClients(c *call) answer {
	query := c.request.URL.Query()
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(query.Get(name)); err == nil {
			return n
		}
		return otherwise
	}
	return jsonAnswer(http.StatusOK, clientPage(c.base()+fincalcPath+"/api/v2/clients", number("PageNumber", 1), number("PageSize", 100)))
}

// enterFinCalc checks what stands before every API call.
func enterFinCalc(c *call) *answer {
	if _, problem := c.checkToken(); problem != "" {
		a := fincalcFailure(http.StatusUnauthorized, string(problem))
		if !wantsJSON(c.request) {
			login := c.base() + fincalcPath + "/login"
			a = textAnswer(http.StatusFound, "text/html; charset=UTF-8", "Redirecting to "+login).with("Location", login)
		}
		return &a
	}
	return c.overLimit()
}

// wantsJSON reports whether the first media type that r accepts is JSON. Laravel's guard sends
// every other visitor without a good token to the login page.
func wantsJSON(r *http.Request) bool {
	first, _, _ := strings.Cut(strings.Join(r.Header.Values("Accept"), ","), ",")
	first, _, _ = strings.Cut(strings.ToLower(first), ";")
	return strings.Contains(first, "/json") || strings.Contains(first, "+json")
}

func invalidFinCalc(_ *call, status int, problems []openapi.Problem) answer {
	return fincalcFailure(status, problems[0].String())
}

// clientPage is one page of [adviceClients].
func clientPage(base string, page, size int) object {
	from := min((page-1)*size, len(adviceClients))
	if page > len(adviceClients) {
		from = len(adviceClients) // before the product overflows
	}
	to := min(from+size, len(adviceClients))
	list := make([]object, 0, to-from)
	for _, a := range adviceClients[from:to] {
		list = append(list, object{
			{"ClientGUID", strings.ToUpper(uuid.Of("advice client", a.first, a.last))},
			{"FirstName", a.first},
			{"Surname", a.last},
			{"Gender", a.gender},
			{"DateOfBirth", a.born},
			{"AddressPostCode", a.postcode},
			{"Reference", "API Client"},
		})
	}
	link := func(number int) string {
		return base + "?" + url.Values{"PageSize": {strconv.Itoa(size)}, "PageNumber": {strconv.Itoa(number)}}.Encode()
	}
	links := object{}
	before, after := page > 1, to < len(adviceClients)
	if before {
		links.Set("PreviousPage", link(page-1))
	}
	if after {
		links.Set("NextPage", link(page+1))
	}
	return object{
		{"success", true},
		{"data", list},
		{"meta", object{{"CurrentPage", page}, {"PageSize", size}, {"HasPreviousPage", before}, {"HasNextPage", after}, {"Links", links}}},
	}
}

// adviceClients are whom the adviser advises.
var adviceClients = []struct {
	first, last, born, postcode string
	gender                      int
}{
	{"John", "Smith", "1990-05-04", "SW1A 1AA", 1},
	{"Mary", "Jones", "1984-11-23", "M1 1AE", 2},
	{"Priya", "Patel", "1979-02-14", "LE1 5YA", 2},
	{"Owen", "Davies", "1966-07-30", "CF10 1EP", 1},
	{"Alex", "Campbell", "1995-09-09", "EH1 1YZ", 3},
	{"Grace", "Murphy", "1972-12-01", "BT1 5GS", 2},
	{"Samuel", "Okafor", "1988-03-17", "B1 1BB", 1},
}
