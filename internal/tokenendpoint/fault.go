package tokenendpoint

import (
	"encoding/json"
	"strings"
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
// 6749, with the hint of league/oauth2-server, or the members that gateways and other APIs have.
func fault(m Members) (code, said string) {
	code, _ = m.Text("error")
	if inner, ok := m.Object("error"); ok {
		code, _ = inner.Text("code")
	}
	said = prose(m, 3)
	if hint, ok := m.Text("hint"); ok && hint != "" {
		said = strings.TrimSpace(said + " (" + hint + ")")
	}
	return code, said
}

// prose finds the explanation in an object, or in an object within it, down to that many levels.
func prose(m Members, levels int) string {
	for _, name := range []string{"error_description", "message", "detail", "errorDescription", "error_message", "errorMessage",
		"description", "faultstring", "msg", "Message", "reason", "title"} {
		if text, ok := m.Text(name); ok && text != "" {
			return text
		}
	}
	if levels == 0 {
		return ""
	}
	for _, name := range []string{"message", "error", "errors", "fault"} {
		value := m[name]
		var list []json.RawMessage
		if json.Unmarshal(value, &list) == nil && len(list) > 0 {
			value = list[0]
		}
		var text string
		if name != "error" && json.Unmarshal(value, &text) == nil && text != "" {
			return text
		}
		if inner, err := ParseMembers(value); err == nil {
			if text := prose(inner, levels-1); text != "" {
				return text
			}
		}
	}
	return ""
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

// knownCodes are the codes that classify a failure. They are shown even if a secret happens to be
// part of one: a password "client" must not hide the code of every failure.
var knownCodes = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"access_denied", "server_error", "temporarily_unavailable", "unknown_error", "slow_down", "invalid_target",
	"unsupported_response_type",
}

// looksLikeCode reports whether s looks like an error code rather than prose.
func looksLikeCode(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == ""
}
