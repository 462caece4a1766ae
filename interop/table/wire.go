package table

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Flows are the cases whose answers are kept byte by byte, for tests that have no server.
var Flows = []string{
	"finventi-client-credentials", "onefinops-client-credentials",
	"finapi-password", "finapi-refresh", "finapi-refresh-after-logout", "refresh-expired", "refresh-missing",
	"refresh-after-user-disabled", "rotating-reuse", "rotating-good-one-after-reuse",
	"client-wrong-secret", "client-unknown", "client-disabled", "client-no-service-account", "client-scope-unknown",
	"password-wrong", "password-no-username", "password-disabled-user", "password-required-action", "password-grant-off",
	"password-scope-openid", "password-brute-force-locked",
	"grant-missing", "grant-unsupported", "twice-client-id", "type-json", "type-malformed", "many-parameters",
	"realm-unknown", "realm-disabled", "realm-https-only", "realm-dots", "method-get",
	"certs", "revoke-refresh-token", "revoke-garbage", "logout", "introspect-garbage",
}

// issued is when every token in a recording was issued: the start of 2000, which is also when time
// begins in a testing/synctest bubble, so that there the tokens are as fresh as they were when
// recorded.
const issued = 946684800

// keyMembers are those of a JSON Web Key that tell keys apart.
var keyMembers = []string{"kid", "n", "x5c", "x5t", "x5t#S256"}

// tidy replaces in an answer's bytes all that is secret or differs from run to run by something of
// the same shape.
func tidy(r *reply) []byte {
	head, body, found := bytes.Cut(r.wire, []byte("\r\n\r\n"))
	if !found {
		return r.wire
	}
	object := r.object()
	var pairs []string
	for _, name := range tokenMembers {
		if token, ok := object[name].(string); ok {
			pairs = append(pairs, token, meaningless(token))
		}
	}
	if session, ok := object["session_state"].(string); ok {
		pairs = append(pairs, session, blank(session))
	}
	if keys, ok := object["keys"].([]any); ok {
		for _, key := range keys {
			key, _ := key.(map[string]any)
			for _, name := range keyMembers {
				pairs = append(pairs, blanks(key[name])...)
			}
		}
	}
	text := origin.ReplaceAllString(strings.NewReplacer(pairs...).Replace(string(body)), "http://127.0.0.1:8080")
	if r.status >= http.StatusBadRequest {
		text = volatile.ReplaceAllStringFunc(text, blank) // Keycloak numbers its faults
	}
	lines := strings.Split(string(head), "\r\n")
	for i, line := range lines {
		if name, _, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Content-Length") {
			lines[i] = fmt.Sprintf("%s: %d", name, len(text))
		}
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + text)
}

// blanks are the replacements for a string or the strings of an array.
func blanks(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value, blank(value)}
	case []any:
		var pairs []string
		for _, element := range value {
			pairs = append(pairs, blanks(element)...)
		}
		return pairs
	}
	return nil
}

// blank keeps the length of an identifier, and the shape of a UUID.
func blank(s string) string {
	hyphens := volatile.MatchString(s)
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '+', r == '/', r == '_', r == '-' && !hyphens:
			return '0'
		}
		return r
	}, s)
}

// meaningless is a token of the same shape that nobody signed: the same claims, of a time and a
// subject of no one's.
func meaningless(token string) string {
	header, claims, ok := parts(token)
	if !ok {
		return blank(token)
	}
	if kid, ok := header["kid"].(string); ok {
		header["kid"] = blank(kid)
	}
	shift := 0.0
	if iat, ok := claims["iat"].(float64); ok {
		shift = issued - iat
	}
	for _, name := range []string{"iat", "exp", "nbf", "auth_time"} {
		if at, ok := claims[name].(float64); ok {
			claims[name] = int64(at + shift)
		}
	}
	for _, name := range []string{"jti", "sid", "sub", "at_hash"} {
		if id, ok := claims[name].(string); ok {
			claims[name] = blank(id)
		}
	}
	for name, value := range claims {
		if text, ok := value.(string); ok {
			claims[name] = origin.ReplaceAllString(text, "http://127.0.0.1:8080")
		}
	}
	signature := token[strings.LastIndexByte(token, '.')+1:]
	size := base64.RawURLEncoding.DecodedLen(len(signature))
	nothing := strings.Repeat("not a signature ", size/16+1)[:size]
	return encode(header) + "." + encode(claims) + "." + base64.RawURLEncoding.EncodeToString([]byte(nothing))
}

func encode(part map[string]any) string {
	data, err := json.Marshal(part)
	if err != nil {
		panic(fmt.Sprintf("table: what came from JSON does not go back: %v", err))
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// ReadWire observes a recorded answer.
func ReadWire(c Case, wire []byte) (Answer, error) {
	req, err := http.NewRequest(c.method(), "http://127.0.0.1/", nil)
	if err != nil {
		return Answer{}, err
	}
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(wire)), req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return Answer{}, err
	}
	return observe(c, &reply{status: res.StatusCode, header: res.Header, body: body, wire: wire}), nil
}
