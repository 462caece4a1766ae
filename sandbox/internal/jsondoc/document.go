package jsondoc

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Document is a JSON text that knows where everything in it stands. encoding/json overlooks a
// member that is misspelt or there twice, and says of a wrong one neither line nor column.
type Document struct {
	name   string // of the file, for errors
	text   []byte
	places map[string]int // offsets, by path such as "finapi.users[0]"
	errs   []mistake
}

type mistake struct {
	offset int
	err    error
}

// shownErrors are enough for one look.
const shownErrors = 20

// New makes a Document of a text. name stands in the errors.
func New(name string, text []byte) *Document {
	return &Document{name: name, text: bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), places: map[string]int{}}
}

// node is a value of the document: a text, a json.Number, a bool, nil, a []node or a []entry.
type node struct {
	offset int
	value  any
}

type entry struct {
	name   string
	offset int
	value  node
}

// Decode decodes the document into a struct, the members of objects by the json tags. A pointer or
// a list is nil if the document lacks the member.
func (d *Document) Decode(into any) error {
	var whole json.RawMessage
	if err := json.Unmarshal(d.text, &whole); err != nil {
		offset := len(d.text)
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			// The offset is behind the byte that is wrong, and says nothing of one that is missing.
			offset = max(0, int(syntax.Offset)-1)
			if strings.HasPrefix(syntax.Error(), "unexpected end") {
				offset = len(d.text)
			}
		}
		if rest := d.text[offset:]; bytes.HasPrefix(rest, []byte("/")) || bytes.HasPrefix(rest, []byte("#")) {
			err = errors.New("JSON has no comments")
		}
		d.fail(offset, err)
		return d.Err()
	}
	decoder := json.NewDecoder(bytes.NewReader(d.text))
	decoder.UseNumber()
	root, err := d.parse(decoder)
	if err != nil {
		return err // cannot be: the syntax is right
	}
	d.decode(root, reflect.ValueOf(into).Elem(), "")
	return d.Err()
}

// parse reads one value. That the syntax is right has been seen to.
func (d *Document) parse(decoder *json.Decoder) (node, error) {
	n := node{offset: d.next(decoder)}
	token, err := decoder.Token()
	if err != nil {
		return n, err
	}
	switch token {
	case json.Delim('{'):
		members := []entry{}
		for decoder.More() {
			m := entry{offset: d.next(decoder)}
			name, err := decoder.Token()
			if err != nil {
				return n, err
			}
			m.name, _ = name.(string)
			if m.value, err = d.parse(decoder); err != nil {
				return n, err
			}
			members = append(members, m)
		}
		n.value = members
	case json.Delim('['):
		items := []node{}
		for decoder.More() {
			item, err := d.parse(decoder)
			if err != nil {
				return n, err
			}
			items = append(items, item)
		}
		n.value = items
	default:
		n.value = token
		return n, nil
	}
	_, err = decoder.Token() // the closing one
	return n, err
}

// next returns the offset of the next token.
func (d *Document) next(decoder *json.Decoder) int {
	offset := int(decoder.InputOffset())
	for offset < len(d.text) && strings.IndexByte(" \t\r\n,:", d.text[offset]) >= 0 {
		offset++
	}
	return offset
}

// decode puts a node into a value: an object into a struct, and any other node into a value of like
// it.
func (d *Document) decode(n node, into reflect.Value, path string) {
	d.places[path] = n.offset
	wrong := func(want string) { d.fail(n.offset, fmt.Errorf("%shas to be %s", prefix(path, " "), want)) }
	if unmarshaler, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
		text, ok := n.value.(string)
		if !ok {
			wrong("a text in quotes")
		} else if err := unmarshaler.UnmarshalText([]byte(text)); err != nil {
			d.fail(n.offset, fmt.Errorf("%s%w", prefix(path, ": "), err))
		}
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.decode(n, into.Elem(), path)
	case reflect.Struct:
		members, ok := n.value.([]entry)
		if !ok {
			wrong("an object in braces")
			return
		}
		d.decodeMembers(members, into, path)
	case reflect.Slice:
		items, ok := n.value.([]node)
		if !ok {
			wrong("a list in brackets")
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), len(items), len(items)))
		for i, item := range items {
			d.decode(item, into.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.String:
		text, ok := n.value.(string)
		if !ok {
			wrong("a text in quotes")
		}
		into.SetString(text)
	case reflect.Bool:
		flag, ok := n.value.(bool)
		if !ok {
			wrong("true or false")
		}
		into.SetBool(flag)
	case reflect.Int:
		number, _ := n.value.(json.Number)
		whole, err := number.Int64()
		if err != nil || into.OverflowInt(whole) {
			wrong("a whole number")
			return
		}
		into.SetInt(whole)
	case reflect.Float64:
		number, ok := n.value.(json.Number)
		value, err := number.Float64()
		if !ok || err != nil {
			wrong("a number")
			return
		}
		into.SetFloat(value)
	case reflect.Map:
		members, ok := n.value.([]entry)
		if !ok {
			wrong("an object in braces")
			return
		}
		into.Set(reflect.MakeMap(into.Type()))
		for _, m := range members {
			value := reflect.New(into.Type().Elem()).Elem()
			d.decode(m.value, value, prefix(path, ".")+m.name)
			into.SetMapIndex(reflect.ValueOf(m.name), value)
		}
	default:
		panic("no document has a " + into.Type().String())
	}
}

func (d *Document) decodeMembers(members []entry, into reflect.Value, path string) {
	fields := map[string]reflect.Value{}
	var names []string
	for _, f := range reflect.VisibleFields(into.Type()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			fields[name] = into.FieldByIndex(f.Index)
			names = append(names, name)
		}
	}
	seen := map[string]bool{}
	for _, m := range members {
		field, known := fields[m.name]
		switch {
		case !known:
			d.fail(m.offset, fmt.Errorf("%sthere is no member %q; %s", prefix(path, ": "), m.name, Suggestion(m.name, names)))
		case seen[m.name]:
			d.fail(m.offset, fmt.Errorf("%smember %q is there twice", prefix(path, ": "), m.name))
		default:
			d.decode(m.value, field, prefix(path, ".")+m.name)
		}
		seen[m.name] = true
	}
}

// prefix is a path and what parts it from what follows.
func prefix(path, separator string) string {
	if path == "" {
		return ""
	}
	return path + separator
}

// fail notes an error at an offset.
func (d *Document) fail(offset int, err error) {
	d.errs = append(d.errs, mistake{offset, err})
}

// FailAt notes an error at what a path such as "finapi.users[0]" leads to, or at what is nearest
// around it.
func (d *Document) FailAt(path string, err error) {
	at := path
	for {
		if offset, ok := d.places[at]; ok {
			d.fail(offset, fmt.Errorf("%s%w", prefix(path, ": "), err))
			return
		}
		at = at[:max(0, strings.LastIndexAny(at, ".["))]
	}
}

// Err is all that has failed, from the top down, or nil.
func (d *Document) Err() error {
	slices.SortStableFunc(d.errs, func(a, b mistake) int { return a.offset - b.offset })
	var errs []error
	for _, m := range d.errs[:min(len(d.errs), shownErrors)] {
		before := d.text[:m.offset]
		line := bytes.Count(before, []byte("\n")) + 1
		column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
		errs = append(errs, fmt.Errorf("%s:%d:%d: %w", d.name, line, column, m.err))
	}
	if more := len(d.errs) - len(errs); more > 0 {
		errs = append(errs, fmt.Errorf("%s: and %d more", d.name, more))
	}
	return errors.Join(errs...)
}

// maxDocument is far above any that people write, and keeps a wrong path from filling the memory.
const maxDocument = 1 << 20

// Read reads a Document. name stands in the errors.
func Read(name string, r io.Reader) (*Document, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxDocument:
		return nil, fmt.Errorf("%s is larger than %d bytes", name, maxDocument)
	}
	return New(name, text), nil
}
