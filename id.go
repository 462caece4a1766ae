package finsdk

import "encoding/json"

// An ID is an identifier that a vendor sends as a JSON string in one place and as a number in
// another. An ID keeps every digit as text, and is sent as a string.
type ID string

// UnmarshalJSON implements [json.Unmarshaler]. It leaves id unchanged if text is null.
func (id *ID) UnmarshalJSON(text []byte) error {
	var n json.Number
	if len(text) > 0 && text[0] != '"' {
		err := json.Unmarshal(text, &n)
		if n != "" {
			*id = ID(n)
		}
		return err
	}
	return json.Unmarshal(text, (*string)(id))
}
