package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

const fincalcMalformed = `{"success":false,"message":{"description":"The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed."}}`

func TestFinCalc_refusals(t *testing.T) {
	c := start(t, sandbox.WithClient(sandbox.FinCalc, sandbox.Client{ID: "12345", Secret: auth.NewSecret("secret"), EmailAddress: "hello@example.com"}),
		sandbox.WithClient(sandbox.FinCalc, sandbox.Client{ID: "off", Secret: auth.NewSecret("secret"), EmailAddress: "hello@example.com", Disabled: true}))
	const good = `{"grant_type":"client_credentials","client_id":12345,"client_secret":"secret","scope":"fact-find client-information","email_address":"Hello@example.com"}`
	if r := c.postJSON(fincalcToken, good); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for name, row := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"text client_id":     {with(`12345`, `"12345"`), 200, `{"success":true,"data":{"token_type":"Bearer","expires_in":86400,"access_token":"`},
		"no grant_type":      {with(`"grant_type":"client_credentials",`, ``), 400, fincalcMalformed},
		"no client_id":       {with(`"client_id":12345,`, ``), 400, fincalcMalformed},
		"no client_secret":   {with(`"client_secret":"secret",`, ``), 400, fincalcMalformed},
		"no scope":           {with(`"scope":"fact-find client-information",`, ``), 400, fincalcMalformed},
		"blank scope":        {with(`fact-find client-information`, ` `), 400, fincalcMalformed},
		"blank e-mail":       {with(`Hello@example.com`, `\t`), 400, fincalcMalformed},
		"no email_address":   {with(`,"email_address":"Hello@example.com"`, ``), 400, fincalcMalformed},
		"a number as secret": {with(`"secret"`, `1`), 400, fincalcMalformed},
		"a member twice":     {with(`{`, `{"client_id":12345,`), 400, fincalcMalformed},
		"empty body":         {``, 400, fincalcMalformed},
		"no object":          {`[]`, 400, fincalcMalformed},
		"cut short":          {good[:40], 400, fincalcMalformed},
		"two objects":        {good + good, 400, fincalcMalformed},
		"unknown grant": {with(`client_credentials`, `password`), 400,
			`{"error":"unsupported_grant_type","error_description":"The authorization grant type is not supported by the authorization server.",` +
				`"hint":"Check that all required parameters have been provided","message":"The authorization grant type is not supported by the authorization server."}`},
		"wrong secret": {with(`"secret"`, `"no"`), 401,
			`{"error":"invalid_client","error_description":"Client authentication failed","message":"Client authentication failed"}`},
		"unknown client": {with(`12345`, `54321`), 401,
			`{"error":"invalid_client","error_description":"Client authentication failed","message":"Client authentication failed"}`},
		"disabled client": {with(`12345`, `"off"`), 401,
			`{"error":"invalid_client","error_description":"Client authentication failed","message":"Client authentication failed"}`},
		"bad scope": {with(`fact-find`, `nonsense`), 400,
			`{"error":"invalid_scope","error_description":"The requested scope is invalid, unknown, or malformed",` +
				"\"hint\":\"Check the `nonsense` scope\",\"message\":\"The requested scope is invalid, unknown, or malformed\"}"},
		"another login": {with(`Hello@`, `other@`), 400, `{"success":false,"message":{"description":"The email address does not belong to a login of this client."}}`},
	} {
		r := c.postJSON(fincalcToken, row.body)
		if r.status != row.status || !strings.HasPrefix(r.body, row.want) || r.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s\nwant %d %s", name, r.status, r.body, row.status, row.want)
		}
	}
	if r := c.do(c.request(http.MethodPost, fincalcToken, good, "Content-Type", formType)); r.status != http.StatusBadRequest || r.body != fincalcMalformed {
		t.Errorf("as a form: %d %s", r.status, r.body)
	}
}
