// Package jsondoc writes JSON objects whose members keep their order, and reads JSON documents such
// that every mistake in them is told with its line and column.
package jsondoc

import (
	"bytes"
	"encoding/json"
	"slices"
)

// An Object is a JSON object whose members keep their order, as a vendor's answers do.
type Object []Member

// A Member is a name and a value. It is an unnamed struct so that other packages may write members
// without the names of its fields.
type Member = struct {
	Name  string
	Value any
}

// Set replaces a member's value in its place, or adds the member at the end.
func (o *Object) Set(name string, value any) {
	if i := o.Index(name); i >= 0 {
		(*o)[i].Value = value
		return
	}
	*o = append(*o, Member{name, value})
}

// Remove takes a member out, if it is there.
func (o *Object) Remove(name string) {
	if i := o.Index(name); i >= 0 {
		*o = slices.Delete(*o, i, i+1)
	}
}

// Get returns the value of a member, or nil.
func (o *Object) Get(name string) any {
	if i := o.Index(name); i >= 0 {
		return (*o)[i].Value
	}
	return nil
}

// Index returns the place of a member, or -1.
func (o *Object) Index(name string) int {
	return slices.IndexFunc(*o, func(m Member) bool { return m.Name == name })
}

// MarshalJSON writes the members in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	buf := bytes.NewBufferString("{")
	for i, m := range o {
		if i > 0 {
			buf.WriteByte(',')
		}
		name, err := Encode(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := Encode(m.Value)
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

// Encode is json.Marshal without HTML escapes, which no vendor writes.
func Encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
