package fincalc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

// open takes the envelope off an answer: {"success": true, "data": {…}}. A failure says so in the envelope whatever
// the status is. An answer without an envelope is taken as it is, since some layers answer as RFC 6749 has it.
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
