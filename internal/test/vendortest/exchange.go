package vendortest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
)

// exchange is one call of a Grant, and the request that the document says it sends.
type exchange[G, T any] struct {
	documented request
	call       func(t testing.TB, g G, c *http.Client) (T, error)
}

// exchanges lists the calls that a Grant offers. A refresh sends this refresh token, or the
// documented one if it is "".
func (v Vendor[C, G, T]) exchanges(t testing.TB, refreshToken string) []exchange[G, T] {
	t.Helper()
	d := readDocument(t, v.Name)
	all := []exchange[G, T]{{d.request(t, false), func(t testing.TB, g G, c *http.Client) (T, error) { return v.Ask(g, With(t, c)) }}}
	if v.Refresh != nil {
		r := d.request(t, true)
		if refreshToken == "" {
			refreshToken = r.members[refreshGrant].(string)
		}
		all = append(all, exchange[G, T]{r, func(t testing.TB, g G, c *http.Client) (T, error) {
			return v.Refresh(g, With(t, c), auth.NewSecret(refreshToken))
		}})
	}
	return all
}

// recorder answers every request alike, without any network, and records it.
type recorder struct {
	answer   string
	mu       sync.Mutex
	requests []Request
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	path, query, _ := strings.Cut(req.URL.String(), "?")
	r.requests = append(r.requests, Request{req.Method, path, query, req.Header.Clone(), string(body)})
	r.mu.Unlock()
	return Stub(http.StatusOK, r.answer).Transport.RoundTrip(req)
}

// sent returns what a Grant on c sends, its Path being the URL without the query.
func (v Vendor[C, G, T]) sent(t testing.TB, e exchange[G, T], c C) Request {
	t.Helper()
	answer, _ := readDocument(t, v.Name).answer(t)
	r := &recorder{answer: answer}
	if _, err := e.call(t, v.Grant(t, c), &http.Client{Transport: r}); err != nil {
		t.Fatal(err)
	}
	if len(r.requests) != 1 {
		t.Fatalf("%d requests were sent, want 1", len(r.requests))
	}
	return r.requests[0]
}

func (v Vendor[C, G, T]) testRequest(t *testing.T) {
	for _, e := range v.exchanges(t, "") {
		want := e.documented
		want.header.Set("Accept", "application/json")
		want.header.Set("User-Agent", "finsdk-go/"+finsdk.Version)
		got := v.sent(t, e, v.Documented(t, ""))
		if got.Method != want.method || got.Path != want.url.String() || got.RawQuery != want.query {
			t.Errorf("%s %s?%s, want %s %s?%s", got.Method, got.Path, got.RawQuery, want.method, want.url, want.query)
		}
		if !reflect.DeepEqual(got.Header, want.header) {
			t.Errorf("header %v, want %v", got.Header, want.header)
		}
		if body := members(t, got); !reflect.DeepEqual(body, want.members) {
			t.Errorf("members %v, want %v", body, want.members)
		}
	}
}

func (v Vendor[C, G, T]) testBasePath(t *testing.T) {
	for base, kept := range map[string]string{"": "", "/": "", "/gateway": "/gateway", "/gateway/": "/gateway", "/a/b%2Fc/": "/a/b%2Fc", "/gateway//twice": "/gateway/twice"} {
		for _, e := range v.exchanges(t, "") {
			c := v.Documented(t, "https://gateway.test"+base)
			if got, want := v.sent(t, e, c).Path, "https://gateway.test"+kept+e.documented.path; got != want {
				t.Errorf("base %q: the request went to %s, want %s", base, got, want)
			}
			segment, ok := v.segment(t)
			if !ok {
				continue
			}
			for _, value := range []string{"Tenant_1.a-b", "0e1a7e0c-6a52-4a39-b6a1-9c8a6b1c0000"} {
				segment.set(&c, value)
				if got, want := v.sent(t, e, c).Path, "https://gateway.test"+kept+v.path(t, value); got != want {
					t.Errorf("base %q: the request went to %s, want %s", base, got, want)
				}
			}
		}
	}
}

// OddSecrets must arrive at the vendor unchanged.
var OddSecrets = []string{
	`&=+% ü"'`,
	"two\nlines\r\n",
	"tab\tand null\x00",
	" spaces around ",
	"%41%zz",
	"<script>alert('x')</script>",
	`\u0041\n\\`,
	"日本語 🔑",
	strings.Repeat("long", 4096),
}

func (v Vendor[C, G, T]) testValues(t *testing.T) {
	for _, secret := range OddSecrets {
		for _, e := range v.exchanges(t, secret) {
			c := v.Documented(t, "")
			v.secret().set(&c, secret)
			for _, f := range v.fields() {
				if odd := f.of(v.Odd); odd != "" {
					f.set(&c, odd)
				}
			}
			want := maps.Clone(e.documented.members)
			header := maps.Clone(e.documented.header)
			for _, f := range v.fields() {
				if !f.secret && f.of(v.Odd) == "" {
					continue
				}
				for name := range want {
					if _, constant := e.documented.constants[name]; !constant && memberOf(name) == f.member {
						want[name] = f.of(c)
					}
				}
			}
			if _, ok := want[refreshGrant]; ok {
				want[refreshGrant] = secret
			}
			if e.documented.basic {
				header.Set("Authorization", authorization(v.clientID(c), secret))
			}
			sent := v.sent(t, e, c)
			if got := members(t, sent); !reflect.DeepEqual(got, want) {
				t.Errorf("members %s, want %s", shorten(fmt.Sprint(got)), shorten(fmt.Sprint(want)))
			}
			if got := sent.Header.Get("Authorization"); got != header.Get("Authorization") {
				t.Errorf("Authorization %q, want %q", got, header.Get("Authorization"))
			}
		}
	}
}

// clientID is the Config's client id.
func (v Vendor[C, G, T]) clientID(c C) string {
	for _, f := range v.fields() {
		if f.member == "client_id" {
			return f.of(c)
		}
	}
	return ""
}

func (v Vendor[C, G, T]) testConcurrency(t *testing.T) {
	answer, _ := readDocument(t, v.Name).answer(t)
	g := v.Grant(t, v.Documented(t, ""))
	client := Stub(http.StatusOK, answer)
	var wg sync.WaitGroup
	for range 16 {
		for _, e := range v.exchanges(t, "") {
			wg.Go(func() {
				if _, err := e.call(t, g, client); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
}

// seconds reads a lifetime, which some vendors send as text.
func seconds(t testing.TB, v any) time.Duration {
	t.Helper()
	n, err := strconv.Atoi(text(v))
	if err != nil {
		t.Fatalf("lifetime %v: %v", v, err)
	}
	return time.Duration(n) * time.Second
}

func (v Vendor[C, G, T]) testAnswer(t *testing.T) {
	answer, documented := readDocument(t, v.Name).answer(t)
	g := v.Grant(t, v.Documented(t, ""))
	for _, e := range v.exchanges(t, "") {
		before := time.Now()
		token, err := e.call(t, g, Stub(http.StatusOK, answer))
		if err != nil {
			t.Fatal(err)
		}
		if got := member[auth.Secret](t, token, "AccessToken").Reveal(); got != documented["access_token"] {
			t.Errorf("access token %q, want %q", got, documented["access_token"])
		}
		if d, want := member[time.Time](t, token, "Expiry").Sub(before), seconds(t, documented["expires_in"]); d < want-time.Second || d > want+time.Second {
			t.Errorf("the token expires in %s, want %s", d, want)
		}
		if err := token.Err(); err != nil {
			t.Error(err)
		}
		held := leaves(reflect.ValueOf(token))
		for name, value := range documented {
			if name == "expires_in" || name == "refresh_expires_in" {
				continue // they become times
			}
			for _, want := range leaves(reflect.ValueOf(value)) {
				if !slices.Contains(held, want) && !slices.Contains(held, strings.Join(strings.Fields(want), "\n")) {
					t.Errorf("the Token does not have %s of member %s: %q", want, name, held)
				}
			}
		}
	}
	raw, err := g.RequestToken(With(t, Stub(http.StatusOK, answer)), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range documented {
		switch got := raw.Extra(name); name {
		case "access_token", "refresh_token":
			if got != nil {
				t.Errorf("%s is among the other members", name)
			}
		case "expires_in", "token_type":
		default:
			if !sameJSON(got, want) {
				t.Errorf("member %s is %v, want %v", name, got, want)
			}
		}
	}
	if raw.AccessToken != documented["access_token"] {
		t.Errorf("access token %q, want %q", raw.AccessToken, documented["access_token"])
	}
	if want, _ := documented["refresh_token"].(string); raw.RefreshToken != want {
		t.Errorf("refresh token %q, want %q", raw.RefreshToken, want)
	}
}

func (v Vendor[C, G, T]) testDocumentedFailures(t *testing.T) {
	d := readDocument(t, v.Name)
	for _, example := range d.failures() {
		t.Run(example.status+" "+example.name, func(t *testing.T) {
			status, err := strconv.Atoi(example.status)
			if err != nil {
				t.Skip("an example of several statuses")
			}
			_, err = v.Ask(v.Grant(t, v.Documented(t, "")), With(t, Stub(status, example.text)))
			var e *auth.Error
			if !errors.As(err, &e) || e.Vendor != v.Name || e.StatusCode != status || e.Kind == nil || e.Hint == "" {
				t.Fatalf("got %v, want an *auth.Error with status %d, a kind and a hint", err, status)
			}
			if shown := cmp.Or(e.Description, e.Code); shown == "" || !strings.Contains(example.text, shown[:min(40, len(shown))]) {
				t.Errorf("code %q and description %q, want what %s says", e.Code, e.Description, example.text)
			}
		})
	}
}

func (v Vendor[C, G, T]) testFailures(t *testing.T) {
	for _, tt := range v.Failures {
		t.Run(tt.Name, func(t *testing.T) {
			c := v.Documented(t, New(t, tt.Answer).URL)
			if tt.Change != nil {
				tt.Change(&c)
			}
			_, err := v.Ask(v.Grant(t, c), t.Context())
			WantFailure(t, err, v.Name, readDocument(t, v.Name).request(t, false).op(), tt.Kind, tt.Hint)
		})
	}
}

// member returns the field of a token with this name.
func member[V any](t testing.TB, token any, name string) V {
	t.Helper()
	f := reflect.Indirect(reflect.ValueOf(token)).FieldByName(name)
	if !f.IsValid() {
		t.Fatalf("%T has no field %s", token, name)
	}
	value, ok := f.Interface().(V)
	if !ok {
		t.Fatalf("%T.%s is a %s, want a %s", token, name, f.Type(), reflect.TypeFor[V]())
	}
	return value
}

// text returns a member's value as text.
func text(v any) string { return fmt.Sprint(v) }

// leaves returns the texts, numbers and booleans in v. A list of texts is one text with line
// breaks.
func leaves(v reflect.Value) []string {
	switch {
	case !v.IsValid():
		return nil
	case v.Type() == secretType:
		return []string{v.Interface().(auth.Secret).Reveal()}
	case v.Type() == reflect.TypeFor[time.Time]():
		return []string{v.Interface().(time.Time).Format(time.RFC3339)}
	}
	var all []string
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return leaves(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				all = append(all, leaves(v.Field(i))...)
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			all = append(all, leaves(v.MapIndex(key))...)
		}
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, leaves(v.Index(i))...)
		}
		if words, ok := v.Interface().([]string); ok {
			all = append(all, strings.Join(words, "\n"))
		}
	default:
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// sameJSON reports whether two values have the same JSON.
func sameJSON(a, b any) bool {
	left, err1 := json.Marshal(a)
	right, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(left, right)
}
