// Package calltest calls every operation of a vendor's API in the sandbox with the typed client,
// and expects each documented outcome.
package calltest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/sandbox"
)

// document is what a document.json says about the calls of an API.
type document struct {
	Vendor     string
	Operations []operation
}

type operation struct {
	OperationID, Method, Path, Product string
	Tags                               []string
	Parameters                         []parameter
	RequestBody                        *struct{ Content map[string]media }
	Responses                          map[string]struct {
		Hint    string
		Content map[string]media
	}
	Paging *struct{}
}

type parameter struct {
	Name, In string
	Required bool
	Example  any
	Schema   struct {
		Type string
		Enum []any
	}
}

type media struct {
	Examples map[string]json.RawMessage
	Error    *struct{ Code, Message, RequestID, Fields, Upstream string }
}

// Run calls every operation of a document's API by the client that newClient makes.
func Run[C vendortest.Config, K any](t *testing.T, text []byte, newClient func(C, ...auth.Option) (*K, error)) {
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	configs := start[C](t, doc.Vendor, text)
	config := configs("")
	t.Run("a missing API URL", func(t *testing.T) { testAPIURL(t, doc.Vendor, config, newClient) })
	t.Run("printing", func(t *testing.T) { testPrinting(t, config, newClient) })
	calls := 0
	for _, op := range doc.Operations {
		if !slices.Contains(op.Tags, "api") {
			continue
		}
		calls++
		t.Run(op.OperationID, func(t *testing.T) {
			client, err := newClient(configs(op.Product))
			if err != nil {
				t.Fatal(err)
			}
			c := &caller{t: t, vendor: doc.Vendor, op: op, client: reflect.ValueOf(client)}
			c.succeed()
			c.fail()
		})
	}
	if calls == 0 {
		t.Error("the document has no operation with the tag api")
	}
}

// start serves the vendor. It returns a function for the Config of one of its clients, by product
// if the vendor has several.
func start[C vendortest.Config](t *testing.T, vendor string, text []byte) func(product string) C {
	if typ := reflect.TypeFor[*sandbox.Instance](); method(typ, vendor) >= 0 {
		endless := sandbox.WithLimit(sandbox.Vendor(vendor), sandbox.TokenEndpoint, sandbox.Limit{})
		vendors := reflect.ValueOf(sandbox.Start(t, endless))
		return func(product string) C {
			if product == "" {
				return vendors.Method(method(typ, vendor)).Call(nil)[0].Interface().(C)
			}
			m := vendors.Method(method(typ, vendor+"Product"))
			value := strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(product, "$1-$2"))
			return m.Call([]reflect.Value{reflect.ValueOf(value).Convert(m.Type().In(0))})[0].Interface().(C)
		}
	}
	c := vendortest.Vendor[C, auth.Grant, vendortest.Token]{Name: vendor}.Documented(t, "")
	config := reflect.ValueOf(&c).Elem()
	client := sandbox.Client{ID: config.FieldByName("ClientID").String(), Secret: config.FieldByName("ClientSecret").Interface().(auth.Secret)}
	vendors := sandbox.Start(t, sandbox.WithDocument(text, client))
	authURL, apiURL := vendors.URLs(vendors.URL, sandbox.Vendor(vendor))
	config.FieldByName("AuthURL").SetString(authURL)
	config.FieldByName("APIURL").SetString(apiURL)
	return func(string) C { return c }
}

// method returns the index of the method with this name in any case, or -1.
func method(typ reflect.Type, name string) int {
	for i := range typ.NumMethod() {
		if strings.EqualFold(typ.Method(i).Name, name) {
			return i
		}
	}
	return -1
}

// testAPIURL expects an error that names the variable, if the document does not have the API's URL.
func testAPIURL[C vendortest.Config, K any](t *testing.T, vendor string, c C, newClient func(C, ...auth.Option) (*K, error)) {
	reflect.ValueOf(&c).Elem().FieldByName("APIURL").SetString("")
	documented := c.APIBaseURL() != ""
	client, err := newClient(c)
	if documented {
		if err != nil {
			t.Errorf("got %v, and the document has the URL", err)
		}
		return
	}
	if !errors.Is(err, auth.ErrInvalidConfig) || !strings.Contains(err.Error(), "APIURL ("+strings.ToUpper(vendor)+"_API_URL) is missing") {
		t.Errorf("got %v, %v", client, err)
	}
}

func testPrinting[C vendortest.Config, K any](t *testing.T, c C, newClient func(C, ...auth.Option) (*K, error)) {
	client, err := newClient(c)
	if err != nil {
		t.Fatal(err)
	}
	source := reflect.ValueOf(client).MethodByName("TokenSource").Call(nil)[0].Interface().(*auth.TokenSource)
	token, err := source.TokenContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hidden := []string{token.AccessToken}
	if token.RefreshToken != "" {
		hidden = append(hidden, token.RefreshToken)
	}
	for i := range reflect.TypeFor[C]().NumField() {
		if secret, ok := reflect.ValueOf(c).Field(i).Interface().(auth.Secret); ok && !secret.IsZero() {
			hidden = append(hidden, secret.Reveal())
		}
	}
	for name, v := range map[string]any{"*Client": client, "Client": *client, "struct": struct{ Client *K }{client}} {
		vendortest.NoLeak(t, name, v, hidden...)
	}
	if text := fmt.Sprintf("%+v", client); !strings.Contains(text, ".Client{TokenSource:auth.TokenSource(") {
		t.Errorf("printed as %s", text)
	}
}

// A caller calls one operation by reflection.
type caller struct {
	t      *testing.T
	vendor string
	op     operation
	client reflect.Value
}

// call calls the method of this name and returns its results. prefer is the Prefer header of the
// request.
func (c *caller) call(name, prefer string) (result reflect.Value, err error) {
	c.t.Helper()
	method := c.client.MethodByName(name)
	if !method.IsValid() {
		c.t.Fatalf("the client has no method %s", name)
	}
	editor := func(_ context.Context, req *http.Request) error {
		req.Header.Set("Prefer", prefer)
		return nil
	}
	args := []reflect.Value{reflect.ValueOf(c.t.Context())}
	path := regexp.MustCompile(`\{([^}]+)\}`).FindAllStringSubmatch(c.op.Path, -1)
	for i := 1; i < method.Type().NumIn()-1; i++ {
		typ := method.Type().In(i)
		arg := reflect.New(typ)
		switch {
		case i <= len(path):
			c.fill(arg, c.example(path[i-1][1], "path"))
		case typ.Kind() == reflect.Pointer && strings.HasSuffix(typ.Elem().Name(), "Params"):
			c.fill(arg, c.params())
		default:
			c.fill(arg, c.body())
		}
		args = append(args, arg.Elem())
	}
	args = append(args, reflect.ValueOf(editor).Convert(method.Type().In(method.Type().NumIn()-1).Elem()))
	results := method.Call(args)
	last := results[len(results)-1]
	if last.Type() == reflect.TypeFor[error]() && !last.IsNil() {
		err = last.Interface().(error)
	}
	return results[0], err
}

// fill sets what arg points at to an example.
func (c *caller) fill(arg reflect.Value, example any) {
	c.t.Helper()
	text, err := json.Marshal(example)
	if err == nil {
		err = json.Unmarshal(text, arg.Interface())
	}
	if err != nil {
		c.t.Fatalf("%s as %s: %v", text, arg.Type(), err)
	}
}

// params are the parameters that are not in the path. They have no idempotency key: the client
// makes one.
func (c *caller) params() map[string]any {
	c.t.Helper()
	all := make(map[string]any)
	for _, p := range c.op.Parameters {
		if p.In == "path" || strings.EqualFold(p.Name, "Idempotency-Key") || !p.Required && p.Example == nil {
			continue
		}
		all[p.Name] = c.example(p.Name, p.In)
	}
	return all
}

func (c *caller) example(name, in string) any {
	c.t.Helper()
	for _, p := range c.op.Parameters {
		switch {
		case p.Name != name || p.In != in:
		case p.Example != nil:
			return p.Example
		case len(p.Schema.Enum) > 0:
			return p.Schema.Enum[0]
		case p.Schema.Type == "string":
			return "00000000-0000-4000-8000-000000000001"
		case p.Schema.Type == "integer":
			return 1
		}
	}
	c.t.Fatalf("parameter %s in %s has no example", name, in)
	return nil
}

// body is the request's first example.
func (c *caller) body() json.RawMessage {
	c.t.Helper()
	for _, m := range c.op.RequestBody.Content {
		for _, name := range sorted(m.Examples) {
			return m.Examples[name]
		}
	}
	c.t.Fatal("the request has no example")
	return nil
}

func sorted[V any](m map[string]V) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// succeed expects each documented success.
func (c *caller) succeed() {
	tried := 0
	for _, status := range sorted(c.op.Responses) {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		tried++
		prefer := "code=" + strings.ReplaceAll(status, "XX", "00")
		response, err := c.call(c.op.OperationID+"WithResponse", prefer)
		if err != nil {
			c.t.Errorf("%s: %v", status, err)
			continue
		}
		if err := outcome(response); err != nil {
			c.t.Errorf("%s: %v", status, err)
			continue
		}
		if got := response.MethodByName("StatusCode").Call(nil)[0].Int(); "code="+strconv.FormatInt(got, 10) != prefer {
			c.t.Errorf("status %d, want %s", got, status)
		}
		if body := response.Elem().FieldByName("JSON" + status); body.IsValid() && body.IsNil() {
			c.t.Errorf("%s: the body has no type", status)
		}
		if key := response.MethodByName("IdempotencyKey"); key.IsValid() {
			needed := slices.ContainsFunc(c.op.Parameters, func(p parameter) bool { return p.Required && strings.EqualFold(p.Name, "Idempotency-Key") })
			if got := key.Call(nil)[0].String(); (got != "") != needed {
				c.t.Errorf("%s: the idempotency key is %q", status, got)
			}
		}
		if _, err := c.call(c.op.OperationID, prefer); err != nil {
			c.t.Errorf("%s: %v", status, err)
		}
	}
	if tried == 0 {
		c.t.Error("no success is documented")
	}
}

// short reports whether the operation has a method that returns the body alone.
func (c *caller) short() bool {
	return c.client.MethodByName(c.op.OperationID).Type().Out(0) != reflect.TypeFor[*http.Response]()
}

// outcome returns the result of the response's Err.
func outcome(response reflect.Value) error {
	err, _ := response.MethodByName("Err").Call(nil)[0].Interface().(error)
	return err
}

// kinds are the errors that errors.Is finds, by status.
var kinds = map[int]error{400: finsdk.ErrBadRequest, 401: finsdk.ErrUnauthorized, 403: finsdk.ErrForbidden, 404: finsdk.ErrNotFound,
	409: finsdk.ErrConflict, 422: finsdk.ErrUnprocessable, 429: finsdk.ErrTooManyRequests, 500: finsdk.ErrServer, 502: finsdk.ErrServer, 503: finsdk.ErrServer}

// fail expects each documented failure, with the code, message and so on of its example.
func (c *caller) fail() {
	for _, status := range sorted(c.op.Responses) {
		if strings.HasPrefix(status, "2") {
			continue
		}
		code := map[string]int{"4XX": 418, "5XX": 503, "default": 451}[status]
		if n, err := strconv.Atoi(status); err == nil {
			code = n
		}
		response := c.op.Responses[status]
		asked := false
		for _, m := range response.Content {
			for _, name := range sorted(m.Examples) {
				asked = true
				c.failWith(code, fmt.Sprintf("code=%d, example=%s", code, name), response.Hint, m, m.Examples[name])
			}
		}
		if !asked {
			c.failWith(code, fmt.Sprintf("code=%d", code), response.Hint, media{}, nil)
		}
	}
}

func (c *caller) failWith(status int, prefer, hint string, m media, example json.RawMessage) {
	response, err := c.call(c.op.OperationID+"WithResponse", prefer)
	if err != nil {
		c.t.Errorf("%s: %v", prefer, err)
		return
	}
	err = outcome(response)
	var got *finsdk.APIError
	if !errors.As(err, &got) || got.StatusCode != status || got.Operation != c.op.OperationID || got.Vendor != c.vendor {
		c.t.Errorf("%s: got %v", prefer, err)
		return
	}
	if kind := kinds[status]; kind != nil && !errors.Is(err, kind) {
		c.t.Errorf("%s: %v is no %v", prefer, err, kind)
	}
	if want := strings.TrimSuffix(hint, "."); len(want) > 1 && (len(got.Hint) != len(want) || got.Hint[1:] != want[1:]) {
		c.t.Errorf("%s: the hint is %q, want %q", prefer, got.Hint, hint)
	}
	if got.Hint == "" && slices.Contains([]int{401, 403, 422, 429}, status) {
		c.t.Errorf("%s: no hint", prefer)
	}
	if p := m.Error; p != nil {
		members := tree(example)
		for part, values := range map[string][2]string{
			"code":    {got.Code, text(at(members, p.Code))},
			"message": {got.Message, strings.Join(strings.Fields(text(at(members, p.Message))), " ")},
		} {
			if values[0] != values[1] {
				c.t.Errorf("%s: %s is %q, want %q", prefer, part, values[0], values[1])
			}
		}
		if want := text(at(members, p.RequestID)); want != "" && got.RequestID == "" {
			c.t.Errorf("%s: no request id, want one like %q", prefer, want)
		}
		fields := at(members, p.Fields)
		list, _ := fields.([]any)
		if p.Fields == "" || strings.HasPrefix(p.Message, p.Fields+".") {
			list = nil // the failure's own code and message stand in the list
		}
		if list != nil && len(got.Fields) != len(list) {
			c.t.Errorf("%s: the fields are %+v, want %v", prefer, got.Fields, list)
		}
		if object, ok := fields.(map[string]any); ok && len(got.Fields) < len(object) {
			c.t.Errorf("%s: the fields are %+v, want %v", prefer, got.Fields, object)
		}
		if upstream, ok := at(members, p.Upstream).(map[string]any); ok && (got.Upstream == nil || got.Upstream.Code != text(upstream["code"])) {
			c.t.Errorf("%s: upstream is %+v, want %v", prefer, got.Upstream, upstream)
		}
	}
	if _, again := c.call(c.op.OperationID, prefer); c.short() && again == nil || again.Error() != err.Error() && got.RequestID == "" {
		c.t.Errorf("%s: the short form returns %v, want %v", prefer, again, err)
	}
}

func tree(example json.RawMessage) (members map[string]any) {
	d := json.NewDecoder(bytes.NewReader(example))
	d.UseNumber()
	_ = d.Decode(&members)
	return members
}

// at is the member at a path with dots in it. Of a list, it is that of the first object.
func at(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		members, _ := v.(map[string]any)
		v = members[name]
	}
	return v
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number, bool:
		return fmt.Sprint(v)
	}
	return ""
}
