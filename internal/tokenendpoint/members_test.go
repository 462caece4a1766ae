package tokenendpoint

import (
	"slices"
	"strings"
	"testing"
)

func TestParseMembers(t *testing.T) {
	for body, want := range map[string]int{
		`{}`: 0, ` { "a" : 1 } `: 1, "\xef\xbb\xbf{\"a\":1}": 1, " \xef\xbb\xbf {}": 0, `{"a":1,"A":2}`: 2, `{"a":1,"a":1}`: 1,
		`{"a":1,"a":2}`: -1, `{"a":1,}`: -1, `{"a"}`: -1, `{a:1}`: -1, `[]`: -1, `null`: -1, ``: -1, `{}{}`: -1, `{} x`: -1, `{"a":01}`: -1, `{'a':1}`: -1,
		strings.Repeat(`{"a":`, 20000): -1, strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000): -1,
	} {
		m, err := ParseMembers([]byte(body))
		if (want < 0) != (err != nil) || (want >= 0 && len(m) != want) {
			t.Errorf("%.40q: %d members, %v, want %d", body, len(m), err, want)
		}
	}
}

func TestFault(t *testing.T) {
	for body, want := range map[string][2]string{
		// Of gateways and other APIs.
		`{"type":"about:blank","title":"t","status":401,"detail":"d"}`:                  {"", "d"}, // RFC 9457
		`{"type":"about:blank","title":"t"}`:                                            {"", "t"},
		`{"fault":{"faultstring":"f","detail":{"errorcode":"oauth.v2.InvalidClient"}}}`: {"", "f"}, // Apigee
		`{"errors":[{"message":"m"},{"message":"n"}]}`:                                  {"", "m"},
		`{"errors":[{"status":"401","title":"t","detail":"d"}]}`:                        {"", "d"}, // JSON:API
		`{"errors":["m"]}`:                                                  {"", "m"},
		`{"errors":{"client_id":["m"]}}`:                                    {"", ""},
		`{"errorType":"E","errorMessage":"m"}`:                              {"", "m"}, // AWS Lambda
		`{"Message":"m"}`:                                                   {"", "m"}, // AWS API Gateway
		`{"msg":"m","reason":"r"}`:                                          {"", "m"},
		`{"error":"server_error","reason":"r"}`:                             {"server_error", "r"},
		`{"error":"c","description":"d"}`:                                   {"c", "d"},
		`{"error_code":"7","error_message":"m"}`:                            {"", "m"},
		`{"error":"c","errorDescription":"d"}`:                              {"c", "d"},
		`{"error":{"code":401,"message":"m","errors":[{"reason":"r"}]}}`:    {"", "m"}, // Google
		`{"error":{"errors":[{"message":"m"}]}}`:                            {"", "m"},
		`{"message":"m","errors":{"client_id":["n"]}}`:                      {"", "m"}, // Laravel
		`{"error":{"error":{"error":{"error":{"error":{"message":"m"}}}}}}`: {"", ""},

		`{"error":"c","error_description":"d"}`:                      {"c", "d"},
		`{"error":"c","error_description":"d","message":"m"}`:        {"c", "d"},
		`{"error":"c","message":"m","hint":"h"}`:                     {"c", "m (h)"},
		`{"message":{"description":"d"}}`:                            {"", "d"},
		`{"message":"m"}`:                                            {"", "m"},
		`{"message":["m"]}`:                                          {"", "m"},
		`{"error":{"code":"c","message":"m"}}`:                       {"c", "m"},
		`{"error":{"code":7,"message":{"description":"d"}}}`:         {"", "d"},
		`{"error":7,"error_description":7,"message":null,"hint":""}`: {"", ""},
	} {
		m, err := ParseMembers([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if code, description := fault(m); code != want[0] || description != want[1] {
			t.Errorf("%s: %q, %q", body, code, description)
		}
	}
	if code, description := fault(nil); code != "" || description != "" {
		t.Errorf("nothing: %q, %q", code, description)
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		scope any
		want  []string
	}{
		{"a b", []string{"a", "b"}}, {"  a   b ", []string{"a", "b"}}, {"", nil}, {nil, nil}, {7.0, nil},
		{[]any{"a", "b", 7}, []string{"a", "b"}},
	} {
		if got := Words(tt.scope); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %q, want %q", tt.scope, got, tt.want)
		}
	}
}
