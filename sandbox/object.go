package sandbox

import (
	"bytes"
	"encoding/json"
	"slices"
)

// object is a JSON object whose members keep their order, as a vendor's answers do.
type object []member

type member struct {
	name  string
	value any
}

// set replaces a member's value in its place, or adds the member at the end.
func (o *object) set(name string, value any) {
	if i := o.index(name); i >= 0 {
		(*o)[i].value = value
		return
	}
	*o = append(*o, member{name, value})
}

func (o *object) remove(name string) {
	if i := o.index(name); i >= 0 {
		*o = slices.Delete(*o, i, i+1)
	}
}

func (o *object) get(name string) any {
	if i := o.index(name); i >= 0 {
		return (*o)[i].value
	}
	return nil
}

func (o *object) index(name string) int {
	return slices.IndexFunc(*o, func(m member) bool { return m.name == name })
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	buf := bytes.NewBufferString("{")
	for i, m := range o {
		if i > 0 {
			buf.WriteByte(',')
		}
		name, err := encodeJSON(m.name)
		if err != nil {
			return nil, err
		}
		value, err := encodeJSON(m.value)
		if err != nil {
			return nil, err
		}
		buf.Write(name)
		buf.WriteByte(':')
		buf.Write(value)
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// encodeJSON is json.Marshal without the HTML escapes, which no vendor writes.
func encodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
