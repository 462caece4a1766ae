package fincalc

import (
	"bytes"
	"encoding/json"
	"strings"

	fincalcgen "github.com/finsdk/finsdk-go/gen/fincalc"
)

// tokenRequest is the generated model's content in the order of FinCalc's page; the generated model sorts its fields.
type tokenRequest struct {
	GrantType    fincalcgen.GrantType `json:"grant_type"`
	ClientID     json.RawMessage      `json:"client_id"`
	ClientSecret string               `json:"client_secret"`
	Scope        string               `json:"scope"`
	EmailAddress string               `json:"email_address"`
}

// encode returns the request's body.
func (r tokenRequest) encode() ([]byte, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(body.Bytes()), nil
}

// encodeClientID writes a client id that is all digits as a JSON number with exactly these digits, and any other as a
// string; so also one with leading zeros, which no JSON number has.
func encodeClientID(id string) (json.RawMessage, error) {
	if strings.Trim(id, "0123456789") == "" && (id == "0" || !strings.HasPrefix(id, "0")) {
		return json.RawMessage(id), nil
	}
	return json.Marshal(id)
}
