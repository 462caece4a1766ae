// Package apiparam writes the parameters of requests for the generated clients. It does the same as
// oapi-codegen's package runtime for the parameters in the documents, without that package's
// dependencies.
package apiparam

import (
	"encoding"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// A Place is a part of a request that has parameters.
type Place int

const (
	Path Place = iota
	Query
	Header
)

// Style writes a parameter in a style of OpenAPI, "simple" or "form", escaped for its place. The
// value is a text, number or boolean, an [encoding.TextMarshaler], a list of these, or a pointer to
// one of them. It returns an error for a path value that would lead to another path, and for a
// header value that would end the header.
func Style(place Place, style string, explode bool, name string, value any) (string, error) {
	if style != "simple" && style != "form" {
		return "", fmt.Errorf("parameter %s: style %s is not supported", name, style)
	}
	values, err := texts(reflect.ValueOf(value))
	if err != nil {
		return "", fmt.Errorf("parameter %s: %w", name, err)
	}
	for i, v := range values {
		switch place {
		case Path:
			if v == "" {
				return "", fmt.Errorf("parameter %s is empty", name)
			}
			if v == "." || v == ".." {
				return "", fmt.Errorf("parameter %s: %q is not a segment of a path", name, v)
			}
			values[i] = url.PathEscape(v)
		case Query:
			values[i] = url.QueryEscape(v)
		case Header:
			if strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
				return "", fmt.Errorf("parameter %s has a control character in it", name)
			}
		}
	}
	if style == "simple" {
		return strings.Join(values, ","), nil
	}
	prefix := url.QueryEscape(name) + "="
	if explode {
		return prefix + strings.Join(values, "&"+prefix), nil
	}
	return prefix + strings.Join(values, ","), nil
}

var errKind = errors.New("its type cannot be a parameter")

func texts(v reflect.Value) ([]string, error) {
	if !v.IsValid() {
		return nil, errKind
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		text, err := m.MarshalText()
		return []string{string(text)}, err
	}
	switch v.Kind() {
	case reflect.Pointer:
		return texts(v.Elem())
	case reflect.String:
		return []string{v.String()}, nil
	case reflect.Bool:
		return []string{strconv.FormatBool(v.Bool())}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return []string{strconv.FormatInt(v.Int(), 10)}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return []string{strconv.FormatUint(v.Uint(), 10)}, nil
	case reflect.Float32, reflect.Float64:
		return []string{strconv.FormatFloat(v.Float(), 'f', -1, v.Type().Bits())}, nil
	case reflect.Slice:
		var all []string
		for i := range v.Len() {
			one, err := texts(v.Index(i))
			if err != nil || len(one) != 1 {
				return nil, errKind
			}
			all = append(all, one...)
		}
		return all, nil
	}
	return nil, errKind
}
