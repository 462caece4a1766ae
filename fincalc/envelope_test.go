package fincalc

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func TestEnvelope_failuresUnderAnyStatus(t *testing.T) {
	const address = "address you log in to the FinCalc app with"
	tests := []struct {
		name        string
		status      int
		body        string
		kind        error
		code, said  string
		hint        string
		unavailable bool
	}{
		{name: "message in a 200", status: 200, body: `{"success":false,"message":{"description":"The scope is not valid."}}`,
			kind: auth.ErrInvalidConfig, said: "The scope is not valid.", hint: address},
		{name: "text in a 200", status: 200, body: `{"success":false,"message":"The scope is not valid."}`,
			kind: auth.ErrInvalidConfig, said: "The scope is not valid.", hint: address},
		{name: "nothing in a 200", status: 200, body: `{"success":false}`, kind: auth.ErrInvalidConfig, hint: address},
		{name: "failure with data", status: 200, body: `{"success":false,"data":{"access_token":"x","token_type":"Bearer","expires_in":60}}`,
			kind: auth.ErrInvalidConfig, hint: address},
		{name: "false as text", status: 200, body: `{"success":"false","message":"no"}`, kind: auth.ErrInvalidConfig, said: "no", hint: address},
		{name: "credentials in a 200", status: 200, body: `{"success":false,"message":"Client authentication failed"}`,
			kind: auth.ErrInvalidCredentials, said: "Client authentication failed", hint: address},
		{name: "credentials in a 400", status: 400, body: `{"success":false,"message":{"description":"Client authentication failed"}}`,
			kind: auth.ErrInvalidCredentials, said: "Client authentication failed", hint: address},
		{name: "unauthenticated", status: 401, body: `{"message":"Unauthenticated."}`, kind: auth.ErrInvalidCredentials, said: "Unauthenticated.", hint: address},
		{name: "bare 401", status: 401, body: `{"success":false}`, kind: auth.ErrInvalidCredentials, hint: address},
		{name: "RFC 6749, invalid client", status: 401, body: `{"error":"invalid_client","error_description":"Client authentication failed","message":"Client authentication failed"}`,
			kind: auth.ErrInvalidCredentials, code: "invalid_client", said: "Client authentication failed", hint: address},
		{name: "RFC 6749, invalid request", status: 400, body: `{"error":"invalid_request","error_description":"The request is missing a required parameter.","hint":"Check the ` + "`client_id`" + ` parameter","message":"x"}`,
			kind: auth.ErrInvalidConfig, code: "invalid_request", said: "The request is missing a required parameter. (Check the `client_id` parameter)", hint: address},
		{name: "RFC 6749 in a 200", status: 200, body: `{"error":"invalid_scope","message":"The requested scope is invalid"}`,
			kind: auth.ErrInvalidConfig, code: "invalid_scope", said: "The requested scope is invalid", hint: address},
		{name: "throttled", status: 429, body: `{"message":"Too Many Attempts."}`, kind: auth.ErrRateLimited, said: "Too Many Attempts.", hint: "24 hours"},
		{name: "throttled in a 200", status: 200, body: `{"success":false,"message":"Too Many Attempts."}`, kind: auth.ErrRateLimited, said: "Too Many Attempts.", hint: "24 hours"},
		{name: "throttled in a 400", status: 400, body: `{"success":false,"message":{"description":"Too Many Attempts."}}`, kind: auth.ErrRateLimited, said: "Too Many Attempts.", hint: "24 hours"},
		{name: "throttled as HTML", status: 429, body: `<html>Too Many Requests</html>`, kind: auth.ErrRateLimited, hint: "24 hours"},
		{name: "server error", status: 500, body: `{"message":"Server Error"}`, kind: auth.ErrUnavailable, said: "Server Error"},
		{name: "server error about credentials", status: 500, body: `{"success":false,"message":"credentials store down"}`, kind: auth.ErrUnavailable, said: "credentials store down"},
		{name: "server error in a 200", status: 200, body: `{"success":false,"message":"Server Error"}`, kind: auth.ErrUnavailable, said: "Server Error"},
		{name: "success under a 500", status: 500, body: `{"success":true,"data":{"access_token":"x","token_type":"Bearer","expires_in":60}}`, kind: auth.ErrUnavailable},
		{name: "success that is neither", status: 200, body: `{"success":"maybe","data":{"access_token":"x","expires_in":60}}`, kind: auth.ErrMalformedResponse},
		{name: "success without data", status: 200, body: `{"success":true}`, kind: auth.ErrMalformedResponse},
		{name: "data is a list", status: 200, body: `{"success":true,"data":[]}`, kind: auth.ErrMalformedResponse},
		{name: "data is null", status: 200, body: `{"success":true,"data":null}`, kind: auth.ErrMalformedResponse},
		{name: "data without token", status: 200, body: `{"success":true,"data":{"expires_in":60}}`, kind: auth.ErrMalformedResponse},
		{name: "OAuth error in data", status: 200, body: `{"success":true,"data":{"error":"invalid_client","error_description":"Client authentication failed"}}`,
			kind: auth.ErrInvalidCredentials, code: "invalid_client", said: "Client authentication failed", hint: address},
		{name: "OAuth error in data beside a token", status: 200, body: `{"success":true,"data":{"error":"invalid_scope","access_token":"x","expires_in":60}}`,
			kind: auth.ErrInvalidConfig, code: "invalid_scope", hint: address},
		{name: "OAuth error in data without success", status: 200, body: `{"data":{"error":"invalid_client"}}`,
			kind: auth.ErrInvalidCredentials, code: "invalid_client", hint: address},
		{name: "no such route", status: 404, body: `{"message":"The route token could not be found."}`,
			kind: auth.ErrInvalidConfig, said: "The route token could not be found.", hint: "check AuthURL"},
		{name: "no such method", status: 405, body: `{"success":false,"message":"The POST method is not supported."}`,
			kind: auth.ErrInvalidConfig, said: "The POST method is not supported.", hint: "check AuthURL"},
		{name: "a proxy", status: 407, body: `{"message":"who are you?"}`, kind: auth.ErrInvalidConfig, said: "who are you?", hint: "proxy settings"},
		{name: "invalid grant", status: 400, body: `{"error":"invalid_grant"}`, kind: auth.ErrInvalidGrant, code: "invalid_grant", hint: "ask the vendor"},
		{name: "two tokens in data", status: 200, body: `{"success":true,"data":{"access_token":"x","access_token":"y","expires_in":60}}`, kind: auth.ErrMalformedResponse},
		{name: "names in other letters", status: 200, body: `{"Success":true,"Data":{"Access_Token":"x","Expires_In":60}}`, kind: auth.ErrMalformedResponse},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			vendor := vendortest.New(t, vendortest.Answer(tt.status, tt.body))
			_, err := suite.Grant(t, suite.Documented(t, vendor.URL)).ClientCredentials(t.Context())
			vendortest.WantFailure(t, err, "fincalc", "client_credentials grant", tt.kind, tt.hint)
			var e *auth.Error
			errors.As(err, &e)
			if e.StatusCode != tt.status || e.Code != tt.code || e.Description != tt.said {
				t.Errorf("status %d, code %q, description %q", e.StatusCode, e.Code, e.Description)
			}
		})
	}
}

func TestTokenWithoutEnvelopeIsTaken(t *testing.T) {
	for _, body := range []string{
		`{"access_token":"abc","token_type":"Bearer","expires_in":60}`,
		`{"data":{"access_token":"abc","token_type":"Bearer","expires_in":60}}`,
		`{"success":true,"access_token":"abc","expires_in":60}`,
		`{"success":1,"data":{"access_token":"abc","token_type":"bearer","expires_in":"60","scope":"a b"}}`,
		"\xef\xbb\xbf " + `{"success":true,"data":{"access_token":"abc","expires_in":60},"meta":{}}`,
	} {
		vendor := vendortest.New(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = w.Write([]byte(body))
		})
		token, err := suite.Grant(t, suite.Documented(t, vendor.URL)).ClientCredentials(t.Context())
		if err != nil || token.AccessToken.Reveal() != "abc" {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestMalformedDataIsDescribed(t *testing.T) {
	for body, want := range map[string]string{
		`{"success":true}`:           "no token: data is not an object",
		`{"success":true,"data":[]}`: "no token: data is not an object",
		`{"success":true,"data":{"access_token":"x","access_token":"y","expires_in":60}}`: "no token: data has a member twice, with different values",
	} {
		vendor := vendortest.New(t, vendortest.Answer(200, body))
		_, err := suite.Grant(t, suite.Documented(t, vendor.URL)).ClientCredentials(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
}

func TestEmptyErrorInDataIsNone(t *testing.T) {
	for _, empty := range []string{`""`, "null", "false", "0", "[]", "{}"} {
		vendor := vendortest.New(t, vendortest.Answer(200, `{"success":true,"data":{"error":`+empty+`,"access_token":"abc","expires_in":60}}`))
		if _, err := suite.Grant(t, suite.Documented(t, vendor.URL)).ClientCredentials(t.Context()); err != nil {
			t.Errorf("%s: %v", empty, err)
		}
	}
}
