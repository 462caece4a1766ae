package tokenendpoint

import (
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
)

// fault finds them where the vendor has them, or else in the usual places.
func (x *Exchange) fault(m Members) (code, description string) {
	if x.Fault != nil && m != nil {
		code, description = x.Fault(m)
	}
	if code == "" && description == "" {
		return fault(m)
	}
	return code, description
}

// fault finds the error code and the text for people in an answer: RFC 6749's error and error_description, with
// the message and hint of league/oauth2-server, or a message, as text or as an object.
func fault(m Members) (code, description string) {
	code, _ = m.Text("error")
	description, _ = m.Text("error_description")
	if description == "" {
		description = message(m)
	}
	if inner, ok := m.Object("error"); ok && code == "" {
		// The habit of other APIs, which gateways have too: {"error": {"code": …, "message": …}}.
		code, _ = inner.Text("code")
		if description == "" {
			description = message(inner)
		}
	}
	if hint, ok := m.Text("hint"); ok && hint != "" {
		description = strings.TrimSpace(description + " (" + hint + ")")
	}
	return code, description
}

// faulty reports whether a success has an error in it. Some servers send an empty one with every token, in the ways in
// which dynamic languages write that.
func faulty(m Members) bool {
	switch string(m["error"]) {
	case "", "null", "false", `""`, "0", "[]", "{}":
		return false
	}
	return true
}

func message(m Members) string {
	if text, ok := m.Text("message"); ok {
		return text
	}
	if inner, ok := m.Object("message"); ok {
		text, _ := inner.Text("description")
		return text
	}
	return ""
}

// knownCodes are those that a failure is classified by. They are kept even where a secret happens to be a part of
// one: a password "client" must not make every failure a riddle.
var knownCodes = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"access_denied", "server_error", "temporarily_unavailable", "unknown_error", "slow_down", "invalid_target",
	"unsupported_response_type",
}

// code returns an error code if that is what s is, and not prose or an echo.
func (e echo) code(s string) string {
	if slices.Contains(knownCodes, s) {
		return s
	}
	if s == "" || len(s) > 64 || auth.Redact(s, e.secrets...) != s {
		return ""
	}
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '_', b == '-', b == '.':
		default:
			return ""
		}
	}
	return s
}
