package tokenendpoint_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

type (
	httpRequest  = http.Request
	httpResponse = http.Response
)

const secret = "s3cr3t-value"

// ask sends a request as the vendors' packages do.
func ask(ctx context.Context, url string) (*oauth2.Token, error) {
	x := &tokenendpoint.Exchange{Vendor: "test", Op: "client_credentials grant", Secrets: []auth.Secret{auth.NewSecret(secret)}, Members: documented}
	return post(ctx, x, url)
}

// post sends x to url.
func post(ctx context.Context, x *tokenendpoint.Exchange, url string) (*oauth2.Token, error) {
	endpoint, err := http.NewRequest(http.MethodPost, url, nil)
	if err != nil {
		return nil, err
	}
	tokenendpoint.SetHeader(endpoint)
	return x.Send(ctx, endpoint, tokenendpoint.FormType, "client_secret="+secret)
}

const good = `{"access_token":"abc","token_type":"Bearer","expires_in":900}`

// answered returns the token or the failure of one answer, and checks what every failure must have.
func answered(t *testing.T, answer http.HandlerFunc) (*oauth2.Token, *auth.Error) {
	t.Helper()
	vendor := vendortest.New(t, answer)
	tok, err := ask(t.Context(), vendor.URL)
	if err == nil {
		return tok, nil
	}
	var e *auth.Error
	if !errors.As(err, &e) {
		t.Fatalf("got a %T: %v", err, err)
	}
	if e.Vendor != "test" || e.Op != "client_credentials grant" || e.Kind == nil || e.Hint == "" {
		t.Errorf("the failure lacks vendor, op, kind or hint: %#v %v", []string{e.Vendor, e.Op, e.Hint}, err)
	}
	if len(e.Description) > 200 {
		t.Errorf("%d bytes of description", len(e.Description))
	}
	if e.StatusCode != 0 {
		var r *oauth2.RetrieveError
		if !errors.As(err, &r) || r.Response.StatusCode != e.StatusCode || r.ErrorCode != e.Code {
			t.Errorf("no fitting RetrieveError in %v", err)
		}
	}
	vendortest.NoLeak(t, "failure", err, secret)
	return nil, e
}

// outcome is the expected outcome of an answer.
type outcome struct {
	kind      error
	also      error // a second kind
	transient bool
	code      string
	said      string
}

// failing is an answer that is a failure.
type failing struct {
	status int
	body   string
	want   outcome
}

var (
	credentials = outcome{kind: auth.ErrInvalidCredentials}
	config      = outcome{kind: auth.ErrInvalidConfig}
	unavailable = outcome{kind: auth.ErrUnavailable, transient: true}
	limited     = outcome{kind: auth.ErrRateLimited, transient: true}
	unusable    = outcome{kind: auth.ErrMalformedResponse}
	passing     = outcome{kind: auth.ErrMalformedResponse, also: auth.ErrUnavailable, transient: true}
)

func coded(o outcome, code, said string) outcome {
	o.code, o.said = code, said
	return o
}

func TestFailure_insideA200(t *testing.T) {
	wantFailures(t, []failing{
		{200, `{"error":"invalid_client","error_description":"no"}`, coded(credentials, "invalid_client", "no")},
		{200, `{"access_token":"abc","expires_in":900,"error":"invalid_grant"}`, coded(outcome{kind: auth.ErrInvalidGrant}, "invalid_grant", "")},
		{200, `{"error":"temporarily_unavailable"}`, coded(unavailable, "temporarily_unavailable", "")},
		{200, `{"error":"strange_code"}`, coded(config, "strange_code", "")},
		{200, `{"error":{"code":"E1","message":"why"}}`, coded(config, "E1", "why")},
		{200, `{"error":true}`, config},
	})
}

func TestFailure_byStatusAndBody(t *testing.T) {
	const html = "<!DOCTYPE html><html><body>Bad Gateway</body></html>"
	wantFailures(t, []failing{
		// A failure with the status of a success.
		{200, "", passing}, {200, " \n", passing}, {200, "\xef\xbb\xbf", passing}, {200, html, passing}, {200, "  \n<html>", passing},
		{204, "", passing}, {200, "null", unusable}, {200, "{}", unusable}, {200, "[]", unusable}, {200, `"abc"`, unusable}, {200, "42", unusable},
		{200, "abc", unusable}, {200, `{"access_token":"abc","expires_in":900`, unusable}, {200, good + good, unusable}, {200, good + "x", unusable},
		{200, "access_token=abc&expires_in=900&token_type=bearer", unusable},
		{200, `{"access_token":"abc","access_token":"def","expires_in":900}`, unusable},
		{200, strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000), unusable},
		{200, strings.Repeat(`[`, 20000), unusable},

		// Keycloak.
		{401, `{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}`, coded(credentials, "unauthorized_client", "Invalid client or Invalid client credentials")},
		{401, `{"error":"invalid_client"}`, coded(credentials, "invalid_client", "")},
		{400, `{"error":"invalid_client","error_description":"Missing client_id parameter"}`, coded(credentials, "invalid_client", "Missing client_id parameter")},
		{400, `{"error":"invalid_request","error_description":"duplicated parameter"}`, coded(config, "invalid_request", "duplicated parameter")},
		{400, `{"error":"unsupported_grant_type"}`, coded(config, "unsupported_grant_type", "")},
		{400, `{"error":"invalid_scope"}`, coded(config, "invalid_scope", "")},
		{401, `{"error":"invalid_grant"}`, coded(outcome{kind: auth.ErrInvalidGrant}, "invalid_grant", "")},
		{400, `{"error":"invalid_grant"}`, coded(outcome{kind: auth.ErrInvalidGrant}, "invalid_grant", "")},
		{403, `{"error":"invalid_request","error_description":"HTTPS required"}`, coded(config, "invalid_request", "HTTPS required")},
		{404, `{"error":"Realm does not exist"}`, coded(config, "", "Realm does not exist")},
		{415, `{"error":"HTTP 415 Unsupported Media Type"}`, coded(config, "", "HTTP 415 Unsupported Media Type")},
		{500, `{"error":"unknown_error"}`, coded(unavailable, "unknown_error", "")},
		{500, `{"error":"invalid_client"}`, coded(credentials, "invalid_client", "")}, // other servers, for an unknown client

		// Proxies and firewalls.
		{401, "", credentials}, {401, html, credentials}, {403, "", credentials}, {403, html, credentials}, {401, "{}", credentials},
		{400, "", unavailable}, {400, html, unavailable}, {404, "", unavailable}, {404, html, unavailable}, {405, html, unavailable},
		{418, "", unavailable}, {407, html, unavailable},
		{400, "{}", config}, {404, "{}", config}, {418, `{"error":"teapot"}`, coded(config, "teapot", "")}, {400, "[]", config},
		{403, "RBAC: access denied", coded(credentials, "", "RBAC: access denied")},
		{404, "404 page not found\n", coded(config, "", "404 page not found")},
		{408, "", unavailable}, {408, `{}`, unavailable}, {425, "", unavailable}, {425, "{}", unavailable},
		{429, "", limited}, {429, html, limited}, {429, `{"error":"slow_down"}`, coded(limited, "slow_down", "")}, {429, `{"error":"invalid_client"}`, coded(limited, "invalid_client", "")},
		{500, "", unavailable}, {500, html, unavailable}, {500, "{}", unavailable}, {501, "", unavailable}, {502, html, unavailable}, {503, "", unavailable},
		{503, "upstream connect error", coded(unavailable, "", "upstream connect error")}, {504, html, unavailable}, {520, html, unavailable}, {599, "", unavailable},
		{503, good, unavailable},
	})
}

func wantFailures(t *testing.T, answers []failing) {
	for _, tt := range answers {
		t.Run(fmt.Sprintf("%d %.40q", tt.status, tt.body), func(t *testing.T) {
			tok, e := answered(t, vendortest.Answer(tt.status, tt.body))
			if e == nil {
				t.Fatalf("got %v", tok)
			}
			if e.StatusCode != tt.status || !errors.Is(e, tt.want.kind) || e.Temporary() != tt.want.transient || e.Code != tt.want.code || e.Description != tt.want.said {
				t.Errorf("got %v: transient %t, code %q, description %q\nwant %+v", e, e.Temporary(), e.Code, e.Description, tt.want)
			}
			if tt.want.also != nil && !errors.Is(e, tt.want.also) {
				t.Errorf("%v is not %v too", e, tt.want.also)
			}
		})
	}
}

func TestSuccess_isReadTolerantly(t *testing.T) {
	for name, tt := range map[string]struct{ contentType, body string }{
		"JSON":               {"application/json", good},
		"with a charset":     {"application/json;charset=UTF-8", good},
		"as text":            {"text/plain", good},
		"as HTML":            {"text/html", good},
		"of no type":         {"", good},
		"BOM":                {"application/json", "\xef\xbb\xbf" + good},
		"white space":        {"application/json", "\r\n\t " + good + " \n"},
		"lower case bearer":  {"application/json", `{"access_token":"abc","token_type":"bearer","expires_in":900}`},
		"upper case bearer":  {"application/json", `{"access_token":"abc","token_type":"BEARER","expires_in":900}`},
		"no token_type":      {"application/json", `{"access_token":"abc","expires_in":900}`},
		"null token_type":    {"application/json", `{"access_token":"abc","token_type":null,"expires_in":900}`},
		"empty error":        {"application/json", `{"access_token":"abc","expires_in":900,"error":""}`},
		"error of PHP":       {"application/json", `{"access_token":"abc","expires_in":900,"error":[]}`},
		"null error":         {"application/json", `{"access_token":"abc","expires_in":900,"error":null}`},
		"unknown members":    {"application/json", `{"access_token":"abc","expires_in":900,"x":{"y":[1,null]},"Access_Token":"other","":0}`},
		"same member twice":  {"application/json", `{"access_token":"abc","access_token":"abc","expires_in":900}`},
		"odd refresh_token":  {"application/json", `{"access_token":"abc","expires_in":900,"refresh_token":7}`},
		"invalid UTF-8":      {"application/json", `{"access_token":"abc","expires_in":900,"scope":"` + "\xff" + `"}`},
		"deep unused member": {"application/json", `{"access_token":"abc","expires_in":900,"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`},
		"escapes":            {"application/json", `{"access\u005ftoken":"\u0061bc","expires_in":900}`},
	} {
		t.Run(name, func(t *testing.T) {
			tok, e := answered(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{tt.contentType}
				_, _ = io.WriteString(w, tt.body)
			})
			if e != nil {
				t.Fatal(e)
			}
			if tok.AccessToken != "abc" || tok.TokenType != "Bearer" || tok.ExpiresIn != 900 || tok.RefreshToken != "" {
				t.Errorf("got %+v", tok)
			}
		})
	}
}

func TestSuccess_otherTokenTypeThanBearerIsRefused(t *testing.T) {
	with := func(tokenType string) string {
		return `{"expires_in":900,"access_token":"abc","token_type":` + tokenType + `}`
	}
	wantMalformed(t, map[string]malformed{
		"MAC":         {with(`"MAC"`), "token_type is not Bearer"},
		"DPoP":        {with(`"DPoP"`), "token_type is not Bearer"},
		"empty type":  {with(`""`), "token_type is not Bearer"},
		"number type": {with(`1}`), "not a JSON object"},
		"bool type":   {with(`true`), "token_type is not Bearer"},
	})
	for name, body := range map[string]string{"Bearer": with(`"Bearer"`), "bearer": with(`"bearer"`), "null": with(`null`), "absent": `{"expires_in":900,"access_token":"abc"}`} {
		if tok, e := answered(t, vendortest.Answer(200, body)); e != nil || tok.Type() != "Bearer" {
			t.Errorf("%s: got %v, %v", name, tok, e)
		}
	}
}

func TestSuccess_tokenThatNoHeaderCanCarryIsRefused(t *testing.T) {
	with := func(member string) string { return `{"expires_in":900,` + member + `}` }
	wantMalformed(t, map[string]malformed{
		"missing":       {`{"expires_in":900}`, "access token is missing"},
		"null":          {with(`"access_token":null`), "access token is missing"},
		"empty":         {with(`"access_token":""`), "access token is missing"},
		"number":        {with(`"access_token":12345`), "access_token is not a string"},
		"object":        {with(`"access_token":{}`), "access_token is not a string"},
		"line break":    {with(`"access_token":"a\nb"`), "no header can carry"},
		"control bytes": {with(`"access_token":"a\u0000b"`), "no header can carry"},
		"space":         {with(`"access_token":"a b"`), "no header can carry"},
		"not ASCII":     {with(`"access_token":"ä"`), "no header can carry"},
		"invalid UTF-8": {with(`"access_token":"a` + "\xff" + `"`), "no header can carry"},
		"other case":    {with(`"Access_Token":"abc"`), "access token is missing"},
	})
	quoted, _ := json.Marshal(strings.Repeat("a", 100<<10))
	if tok, e := answered(t, vendortest.Answer(200, with(`"access_token":`+string(quoted)))); e != nil || len(tok.AccessToken) != 100<<10 {
		t.Errorf("100 KiB: got %v", e)
	}
}

// malformed is a success without a usable token, and the problem that the error names.
type malformed struct{ body, problem string }

func wantMalformed(t *testing.T, answers map[string]malformed) {
	for name, tt := range answers {
		t.Run(name, func(t *testing.T) {
			if _, e := answered(t, vendortest.Answer(200, tt.body)); e == nil || !errors.Is(e, auth.ErrMalformedResponse) || e.Temporary() || !strings.Contains(e.Error(), tt.problem) {
				t.Errorf("got %v, want %q", e, tt.problem)
			}
		})
	}
}

// documented are the members in the document of the tests' vendor.
var documented = []tokenendpoint.Member{{Name: "access_token"}, {Name: "refresh_token"}, {Name: "expires_in"}, {Name: "refresh_expires_in", Kind: "integer"}, {Name: "not-before-policy"}, {Name: "scope", Kind: "string"}, {Name: "x"}}

func TestOnlyDocumentedMembersAreKeptAsExtras(t *testing.T) {
	tok, e := answered(t, vendortest.Answer(200, `{"access_token":"abc","expires_in":"900","refresh_token":"r","refresh_expires_in":1800,"not-before-policy":0,"scope":"a b","x":{"y":[true]},"unknown":1}`))
	if e != nil {
		t.Fatal(e)
	}
	if tok.Extra("not-before-policy") != 0.0 || tok.Extra("scope") != "a b" || tok.Extra("refresh_expires_in") != 1800.0 || tok.Extra("expires_in") != "900" ||
		fmt.Sprint(tok.Extra("x")) != "map[y:[true]]" {
		t.Errorf("extras lost")
	}
	if tok.Extra("unknown") != nil {
		t.Error("an undocumented member is kept")
	}
	if tok.RefreshToken != "r" || tok.Extra("access_token") != nil || tok.Extra("refresh_token") != nil {
		t.Error("tokens stand among the extras")
	}
}

func TestRetryAfter_isRead(t *testing.T) {
	for _, status := range []int{429, 503, 500, 401} {
		for name, tt := range map[string]struct {
			value    string
			min, max time.Duration
		}{
			"seconds":  {"120", 120 * time.Second, 120 * time.Second},
			"date":     {time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat), 80 * time.Second, 90 * time.Second},
			"past":     {time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), 0, 0},
			"absent":   {"", 0, 0},
			"words":    {"soon", 0, 0},
			"negative": {"-5", 0, 0},
			"absurd":   {"99999999999999999999", time.Hour, time.Hour},
		} {
			t.Run(fmt.Sprint(status, " ", name), func(t *testing.T) {
				_, e := answered(t, func(w http.ResponseWriter, _ *http.Request) {
					if tt.value != "" {
						w.Header().Set("Retry-After", tt.value)
					}
					w.WriteHeader(status)
				})
				if e == nil || e.RetryAfter < tt.min || e.RetryAfter > tt.max || e.Header.Get("Retry-After") != tt.value {
					t.Errorf("got %v, retry after %s, want %s", e, e.RetryAfter, tt.min)
				}
			})
		}
	}
}

func TestErrorKeepsOnlyHeadersThatAreSafeToShow(t *testing.T) {
	_, e := answered(t, func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"Server", "X-Request-Id", "Www-Authenticate", "Set-Cookie", "X-Secret", "Location"} {
			w.Header().Set(name, "value of "+name+" "+secret)
		}
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(500)
	})
	var names []string
	for name := range e.Header {
		names = append(names, name)
	}
	if len(names) != 5 || e.Header.Get("Server") != "value of Server [redacted]" || e.Header.Get("Set-Cookie") != "" || e.Header.Get("X-Secret") != "" {
		t.Errorf("header %v", e.Header)
	}
}

func TestShortSecretDoesNotHideTheCode(t *testing.T) {
	for _, s := range []auth.Secret{auth.NewSecret("i"), auth.NewSecret("grant"), auth.NewSecret("invalid_grant"), auth.NewSecret("_")} {
		x := &tokenendpoint.Exchange{Vendor: "test", Op: "password grant", Secrets: []auth.Secret{s}}
		ctx := vendortest.With(t, vendortest.Stub(400, `{"error":"invalid_grant","error_description":"Invalid user credentials"}`))
		_, err := post(ctx, x, "https://auth.example")
		if !errors.Is(err, auth.ErrInvalidGrant) {
			t.Errorf("%q: %v", s.Reveal(), err)
		}
	}
}

// discard keeps failed handshakes out of the test's output.
var discard = log.New(io.Discard, "", 0)

func TestPageOfAnErrorIsKeptWithoutSecrets(t *testing.T) {
	for given, want := range map[string]string{
		"https://vendor.test/errors#7":         "https://vendor.test/errors#7",
		"https://vendor.test/?token=" + secret: "[redacted]",
	} {
		ctx := vendortest.With(t, vendortest.Stub(400, `{"error":"invalid_scope","error_uri":"`+given+`"}`))
		_, err := ask(ctx, "https://vendor.test")
		var r *oauth2.RetrieveError
		if !errors.As(err, &r) || r.ErrorURI != want {
			t.Errorf("got %+v", r)
		}
	}
}
