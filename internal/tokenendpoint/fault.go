package tokenendpoint

import (
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
)

// fault finds the error code and the explanation where the vendor puts them, or else in the usual
// places.
func (x *Exchange) fault(m Members) (code, description string) {
	if x.Fault != nil && m != nil {
		code, description = x.Fault(m)
	}
	if code == "" && description == "" {
		return fault(m)
	}
	return code, description
}

// fault finds the error code and the explanation in an answer: error and error_description of RFC
// 6749, with the message and hint of league/oauth2-server, or a message, as text or as an object.
func fault(m Members) (code, description string) {
	code, _ = m.Text("error")
	description, _ = m.Text("error_description")
	if description == "" {
		description = message(m)
	}
	if inner, ok := m.Object("error"); ok && code == "" {
		// Other APIs, and gateways too, send {"error": {"code": …, "message": …}}.
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

// faulty reports whether a success contains an error. Some servers send an empty error with every
// token, as dynamic languages write it.
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

// knownCodes are the codes that classify a failure. They are shown even if a secret happens to be
// part of one: a password "client" must not hide the code of every failure.
var knownCodes = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"access_denied", "server_error", "temporarily_unavailable", "unknown_error", "slow_down", "invalid_target",
	"unsupported_response_type",
}

// code returns s if it is an error code. It returns "" for prose and for an echo.
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
