package fincalc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

// open removes the envelope from an answer: {"success": true, "data": {…}}. A failure has
// "success": false, with any status. open returns an answer without an envelope unchanged, because
// some layers answer as RFC 6749 says.
func open(m tokenendpoint.Members) (tokenendpoint.Members, bool, error) {
	switch strings.ToLower(strings.Trim(string(m["success"]), `"`)) {
	case "true", "1":
	case "false", "0":
		return m, true, nil
	case "", "null":
		if m.Has("access_token") || !m.Has("data") {
			return m, false, nil
		}
	default:
		return nil, false, errors.New("success is neither true nor false")
	}
	data, err := m.Inner("data")
	switch {
	case err == nil:
		return data, false, nil
	case m.Has("access_token"):
		return m, false, nil
	}
	return nil, false, fmt.Errorf("no token: %w", err)
}
