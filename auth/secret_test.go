package auth

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// dump returns every string and every byte slice that reflection finds in v, unexported fields
// included, as dumpers and the diffs of test libraries do.
func dump(v any) []string {
	type place struct {
		t reflect.Type
		p uintptr
	}
	seen := map[place]bool{}
	var found []string
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			found = append(found, v.String())
		case reflect.Pointer:
			if at := (place{v.Type(), v.Pointer()}); !v.IsNil() && !seen[at] {
				seen[at] = true
				walk(v.Elem())
			}
		case reflect.Interface:
			walk(v.Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		case reflect.Slice, reflect.Array:
			if v.Type().Elem().Kind() == reflect.Uint8 {
				b := make([]byte, v.Len())
				for i := range b {
					b[i] = byte(v.Index(i).Uint())
				}
				found = append(found, string(b))
				return
			}
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Map:
			for it := v.MapRange(); it.Next(); {
				walk(it.Key())
				walk(it.Value())
			}
		}
	}
	walk(reflect.ValueOf(v))
	return found
}

// wantNoDump fails where reflection finds the secret in v.
func wantNoDump(t *testing.T, v any, secret string) {
	t.Helper()
	for _, s := range dump(v) {
		if strings.Contains(s, secret) {
			t.Errorf("reflection finds %q in a %T", s, v)
		}
	}
}

func TestSecret_reflection(t *testing.T) {
	if got := dump(struct{ s []*string }{[]*string{ptr(hush)}}); len(got) != 1 || got[0] != hush {
		t.Fatalf("the dumper finds %q", got)
	}
	s := NewSecret(hush)
	wantNoDump(t, s, hush)
	wantNoDump(t, &struct{ hidden *Secret }{&s}, hush)
	wantNoDump(t, []any{map[string]Secret{"a": s}}, hush)
	wantNoDump(t, StaticSecret(s), hush)
}

// Whatever encodes a Secret writes the same text, and what that decodes to is known to be none.
func TestSecret_encoders(t *testing.T) {
	type holder struct {
		S         Secret
		P         *Secret
		None, One SecretSource
	}
	in := holder{S: NewSecret(hush), P: ptr(NewSecret(hush)), One: StaticSecret(NewSecret(hush))}
	for name, c := range map[string]struct {
		encode func(any) ([]byte, error)
		decode func([]byte, any) error
	}{
		"json": {json.Marshal, json.Unmarshal},
		"xml":  {xml.Marshal, xml.Unmarshal},
		"gob": {
			func(v any) ([]byte, error) {
				var b bytes.Buffer
				err := gob.NewEncoder(&b).Encode(v)
				return b.Bytes(), err
			},
			func(b []byte, v any) error { return gob.NewDecoder(bytes.NewReader(b)).Decode(v) },
		},
	} {
		text, err := c.encode(in)
		if err != nil || shows(string(text), hush) {
			t.Errorf("%s: wrote %q, %v", name, text, err)
		}
		var out holder
		if err := c.decode(text, &out); err != nil || out.S.Reveal() != redacted || out.P.Reveal() != redacted || out.None != nil || out.One != nil {
			t.Errorf("%s: read %q, %v", name, out.S.Reveal(), err)
		}
	}
	var out holder
	if err := json.Unmarshal([]byte(`{"S":"abc"}`), &out); err != nil || out.S.Reveal() != "abc" {
		t.Errorf("got %q, %v", out.S.Reveal(), err)
	}
	if err := json.Unmarshal([]byte(`{"One":"vault://abc"}`), &out); err == nil {
		t.Error("a SecretSource was made of text")
	}
}

func TestSecret_equal(t *testing.T) {
	a, b, c := NewSecret("abc"), NewSecret("abc"), NewSecret("abd")
	if !a.Equal(b) || a.Equal(c) || a.Equal(NewSecret("abcd")) || a.Equal(Secret{}) || !NewSecret("").Equal(Secret{}) {
		t.Error("Equal is wrong")
	}
	if a.IsZero() || !NewSecret("").IsZero() || !(Secret{}).IsZero() || (Secret{}).Reveal() != "" {
		t.Error("IsZero is wrong")
	}
}

// What fmt, a debugger's log or a failed assert.Equal prints of a TokenSource, or of anything that
// holds one, has neither the token nor its header in it.
func TestTokenSource_reflection(t *testing.T) {
	var s *TokenSource
	grant := GrantFunc(func(ctx context.Context, last *oauth2.Token) (*oauth2.Token, error) {
		if err := UseSecret(ctx, NewSecret(hush)); err != nil {
			return nil, err
		}
		wantNoDump(t, s, hush)
		return &oauth2.Token{AccessToken: hushToken, RefreshToken: hush, ExpiresIn: 60}, nil
	})
	s = newSource(t, grant, WithHTTPClient(&http.Client{Transport: roundTripperFunc(nil)}))
	token, err := s.TokenContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := &flight{}
	f.entry.Store(s.current.Load())
	for range 2 {
		for _, v := range []any{s, f, s.Client(), s.Transport(nil)} {
			wantNoDump(t, v, hush)
			wantNoDump(t, v, hushToken)
			for _, verb := range []string{"%v", "%+v", "%#v"} {
				if text := fmt.Sprintf(verb, struct{ unexported any }{v}); shows(text, hush) || shows(text, hushToken) {
					t.Errorf("%s of a %T: %s", verb, v, text)
				}
			}
		}
		s.Invalidate(token)
	}
}
