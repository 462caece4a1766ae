package vendortest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

// NoLeak fails if v shows a secret when printed by fmt with any verb, by slog as text or JSON, or
// by json.Marshal. It also prints everything that an error wraps. name is for the message.
func NoLeak(t testing.TB, name string, v any, secrets ...string) {
	t.Helper()
	noLeak(t, name, v, forms(secrets))
}

func noLeak(t testing.TB, name string, v any, forms []string) {
	t.Helper()
	for how, text := range printed(v) {
		for _, form := range forms {
			if strings.Contains(text, form) {
				t.Errorf("%s: %s shows a secret as %q in %q", name, how, form, shorten(text))
			}
		}
	}
	if err, ok := v.(error); ok {
		for i, inner := range unwrapped(err) {
			noLeak(t, fmt.Sprintf("%s > %d %T", name, i, inner), inner, forms)
		}
	}
	switch e := v.(type) {
	case *auth.Error:
		for _, part := range []any{e.Op, e.Code, e.Description, e.URI, e.Hint, e.Header} {
			noLeak(t, name+" > its fields", part, forms)
		}
	case *oauth2.RetrieveError:
		for _, part := range []any{string(e.Body), e.ErrorCode, e.ErrorDescription, e.ErrorURI, e.Response.Status, e.Response.Header} {
			noLeak(t, name+" > its fields", part, forms)
		}
	}
}

func unwrapped(err error) []error {
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return []error{inner}
		}
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	}
	return nil
}

func printed(v any) map[string]string {
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		out[verb] = fmt.Sprintf(verb, v)
		out[verb+" nested"] = fmt.Sprintf(verb, struct{ Inner any }{v})
		if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && !rv.IsNil() {
			out[verb+" dereferenced"] = fmt.Sprintf(verb, rv.Elem().Interface())
		}
	}
	out["Sprint"] = fmt.Sprint(v)
	var text, js bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	slog.New(slog.NewJSONHandler(&js, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	out["slog text"], out["slog JSON"] = text.String(), js.String()
	if data, err := json.Marshal(v); err == nil {
		out["json"] = string(data)
	} else if !errors.As(err, new(*json.UnsupportedTypeError)) {
		out["json error"] = err.Error()
	}
	return out
}

// forms lists how the secrets would look in printed text.
func forms(secrets []string) []string {
	var all []string
	for _, secret := range secrets {
		quoted := strconv.Quote(secret)
		asJSON, _ := json.Marshal(secret)
		all = append(all,
			secret, quoted[1:len(quoted)-1], strings.Trim(string(asJSON), `"`),
			url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
			hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))), fmt.Sprintf("% x", secret),
			base64.StdEncoding.EncodeToString([]byte(secret)))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func shorten(s string) string {
	if len(s) > 600 {
		return s[:600] + "…"
	}
	return s
}
