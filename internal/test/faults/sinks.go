package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

// Shown is one way to print an error, and the printed text.
type Shown struct{ Where, Text string }

// Sinks prints err in every way that Go programs do: each verb of fmt, JSON, slog, and the exported
// fields that a crash reporter walks through; err itself, everything that it wraps, and the
// *oauth2.RetrieveError that handlers written for x/oauth2 take out of it.
func Sinks(err error) []Shown {
	var out []Shown
	add := func(where, format string, args ...any) { out = append(out, Shown{where, fmt.Sprintf(format, args...)}) }
	for _, e := range tree(err) {
		name := fmt.Sprintf("%T ", e)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			add(name+verb, verb, e)
			add("a struct with a "+name+verb, verb, struct{ Err error }{e})
		}
		if v := reflect.ValueOf(e); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
			add("*"+name+"%+v", "%+v", v.Elem())
		}
		add(name+"Error", "%s", e.Error())
		text, jsonErr := json.Marshal(e)
		add(name+"JSON", "%s %v", text, jsonErr)
		text, jsonErr = json.Marshal(map[string]any{"err": e})
		add(name+"JSON member", "%s %v", text, jsonErr)
		var log bytes.Buffer
		options := &slog.HandlerOptions{AddSource: true, Level: slog.LevelDebug}
		slog.New(slog.NewTextHandler(&log, options)).Error("failed", "err", e, slog.Any("also", []error{e}))
		slog.New(slog.NewJSONHandler(&log, options)).Error("failed", "err", e, slog.Any("also", []error{e}))
		add(name+"slog", "%s", log.String())
		add(name+"fields", "%s", fields(e))
	}
	var retrieve *oauth2.RetrieveError
	if errors.As(err, &retrieve) {
		add("RetrieveError Body", "%s", retrieve.Body)
		add("RetrieveError description", "%s %s %s", retrieve.ErrorCode, retrieve.ErrorDescription, retrieve.ErrorURI)
		if r := retrieve.Response; r != nil {
			add("RetrieveError header", "%v %v %s", r.Header, r.Trailer, r.Status)
			if r.Body != nil {
				body, _ := io.ReadAll(r.Body)
				add("RetrieveError Response.Body", "%s", body)
			}
			if r.Request != nil {
				add("RetrieveError request", "%v %v %v", r.Request.URL, r.Request.Header, r.Request.Form)
				if r.Request.GetBody != nil {
					if rc, err := r.Request.GetBody(); err == nil {
						body, _ := io.ReadAll(rc)
						add("RetrieveError request body", "%s", body)
					}
				}
			}
		}
	}
	var failure *auth.Error
	if errors.As(err, &failure) {
		add("auth.Error fields", "%s|%s|%s|%s|%s|%v", failure.Vendor, failure.Op, failure.Code, failure.Description,
			failure.Hint, failure.Header)
	}
	return out
}

// EventSinks prints an Observer's event in every way, without its error.
func EventSinks(e auth.Event) []Shown {
	text, err := json.Marshal(e)
	return []Shown{
		{"Event %+v", fmt.Sprintf("%+v", e)},
		{"Event %#v", fmt.Sprintf("%#v", e)},
		{"Event JSON", fmt.Sprintf("%s %v", text, err)},
	}
}

// tree lists err and everything it wraps.
func tree(err error) []error {
	if err == nil {
		return nil
	}
	out := []error{err}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		out = append(out, tree(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			out = append(out, tree(inner)...)
		}
	}
	return out
}

// fields returns every string and byte slice that can be reached through exported fields.
func fields(v any) string {
	var b strings.Builder
	seen := map[uintptr]bool{}
	var walk func(v reflect.Value, depth int)
	walk = func(v reflect.Value, depth int) {
		if depth > 12 || !v.IsValid() {
			return
		}
		switch v.Kind() {
		case reflect.Interface:
			walk(v.Elem(), depth+1)
		case reflect.Pointer:
			if v.IsNil() || seen[v.Pointer()] {
				return
			}
			seen[v.Pointer()] = true
			walk(v.Elem(), depth+1)
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i), depth+1)
				}
			}
		case reflect.Slice, reflect.Array:
			if v.Type().Elem().Kind() == reflect.Uint8 && v.Kind() == reflect.Slice {
				fmt.Fprintf(&b, "%s\n", v.Bytes())
				return
			}
			for i := range v.Len() {
				walk(v.Index(i), depth+1)
			}
		case reflect.Map:
			for it := v.MapRange(); it.Next(); {
				walk(it.Key(), depth+1)
				walk(it.Value(), depth+1)
			}
		case reflect.String:
			b.WriteString(v.String() + "\n")
		}
	}
	walk(reflect.ValueOf(v), 0)
	return b.String()
}
