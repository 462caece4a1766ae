package apicall

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
)

var operation = &Operation{Vendor: "acme", ID: "CreateOrder", NeedsKey: true, Answers: []Answer{
	{Status: "200", JSON: true, Required: []string{"id"}, Constants: map[string]string{"ok": "true"}},
	{Status: "204"},
	{Status: "404", Hint: "check the number", Parts: Parts{Code: "code", Message: "message"}},
	{Status: "422", Parts: Parts{Message: "error.message", RequestID: "id", Fields: "data"}},
	{Status: "5XX", Parts: Parts{Code: "code", Message: "message", RequestID: "requestId", Fields: "details", Upstream: "upstream"}},
}}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answering returns a client that gets one answer to every request.
func answering(status int, contentType, body string) *http.Client {
	return &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
	})}
}

// call sends a request and returns the error that the generated code would.
func call(t *testing.T, client Doer, method string, typed bool, decoding error) *finsdk.APIError {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "https://api.example/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := Do(client, req, operation)
	if err == nil {
		body, readErr := io.ReadAll(resp.Body)
		if readErr != nil {
			t.Fatal(readErr)
		}
		err = operation.Err(resp, body, typed, decoding)
	}
	if err == nil {
		return nil
	}
	var failure *finsdk.APIError
	if !errors.As(err, &failure) {
		t.Fatalf("got %T: %v", err, err)
	}
	return failure
}

func TestErr_failures(t *testing.T) {
	for name, tt := range map[string]struct {
		status     int
		media      string
		body, want string
	}{
		"code and message":       {404, "application/json", `{"code":"not_found","message":"No such\norder"}`, `acme: CreateOrder: the API answered 404 Not Found (not_found): "No such order"; check the number`},
		"fields by name":         {422, "application/json", `{"error":{"message":"Validation"},"id":7,"data":{"b":["is 1","is 2"],"a":"is 3"}}`, `(…): "Validation"; a: "is 3"; b: "is 1"; b: "is 2"; request 7; correct`},
		"fields in a list":       {502, "application/json", `{"details":[{"field":"a.b","code":"x","message":"no"},"other"]}`, `502 Bad Gateway; a.b (x): "no"; "other"`},
		"upstream":               {503, "application/problem+json", `{"code":"c","upstream":{"provider":"nic","code":4002,"message":"m"}}`, `503 Service Unavailable (c); nic (4002): "m"`},
		"upstream, nameless":     {503, "application/json", `{"upstream":{"code":"1"}}`, `503 Service Unavailable; upstream (1)`},
		"members of a kind":      {500, "application/json", `{"code":{"a":1},"message":["x"],"requestId":null,"details":"no","upstream":[]}`, `500 Internal Server Error`},
		"an unknown status":      {418, "application/json", `{"code":"teapot"}`, `418 I'm a teapot (teapot)`},
		"a page":                 {502, "text/html", `<html><title>Bad</title>`, `502 Bad Gateway: "Bad": the body is an HTML page`},
		"nothing":                {401, "", ``, `401 Unauthorized: the body is empty; the API does not accept`},
		"text":                   {400, "text/plain; charset=utf-8", "no such thing\nat all", `400 Bad Request: "no such thing": the body is not JSON`},
		"a list":                 {400, "application/json", `["code"]`, `400 Bad Request: the body is JSON of another kind`},
		"null":                   {403, "application/json", `null`, `403 Forbidden: the body is JSON of another kind; the token is valid`},
		"cut JSON":               {500, "application/json", `{"code":"x`, `500 Internal Server Error: the body is not JSON`},
		"a redirect":             {302, "text/html", `<a>`, `302 Found: that is no answer of an API; check APIURL`},
		"more than few":          {502, "application/json", `{"details":[` + strings.Repeat(`{"field":"f"},`, 120) + `{}]}`, `; f; and 95 more`},
		"something like a token": {404, "application/json", `{"code":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln","message":"Bearer abcdefghijkl is old"}`, `([redacted]): "[redacted] is old"`},
	} {
		got := call(t, answering(tt.status, tt.media, tt.body), "POST", false, nil)
		if got == nil || got.StatusCode != tt.status || !strings.Contains(got.Error(), strings.Replace(tt.want, "(…)", "422 Unprocessable Entity", 1)) {
			t.Errorf("%s: got %v, want %s", name, got, tt.want)
		}
	}
}

// Gateways, and APIs without documented failures, have their own names for code and message.
func TestErr_findsTheUsualPlaces(t *testing.T) {
	for body, want := range map[string]string{
		`{"msg":"no good","reason":"R1"}`:                                                             `: "no good"`,
		`{"reason":"closed"}`:                                                                         `: "closed"`,
		`{"Message":"Endpoint request timed out"}`:                                                    `: "Endpoint request timed out"`,
		`{"error":"invalid_request","error_description":"bad thing"}`:                                 ` (invalid_request): "bad thing"`,
		`{"error":{"code":"E1","message":"bad thing"}}`:                                               ` (E1): "bad thing"`,
		`{"errors":[{"code":17,"detail":"bad thing"}]}`:                                               ` (17): "bad thing"`,
		`{"fault":{"faultstring":"Invalid ApiKey","detail":{"errorcode":"oauth.v2"}}}`:                `: "Invalid ApiKey"`,
		`{"errorCode":"E-17","errorMessage":"bad thing"}`:                                             ` (E-17): "bad thing"`,
		`{"timestamp":"2026","status":400,"error":"Bad thing","path":"/v1"}`:                          `: "Bad thing"`,
		`{"type":"https://x","title":"T","detail":"D","violations":[{"field":"iban","message":"m"}]}`: `: "D"; iban: "m"`,
		`{"success":false,"message":{"description":"bad thing"}}`:                                     `: "bad thing"`,
		`{"message":"Invalid.","errors":{"TagName":["is required"]}}`:                                 `: "Invalid."; TagName: "is required"`,
		`{"error":true,"message":"bad thing"}`:                                                        `: "bad thing"`,
		`{"a":{"message":"x"}}`:                                                                       ``,
	} {
		got := call(t, answering(400, "application/json", body), "POST", false, nil)
		if text := "acme: CreateOrder: the API answered 400 Bad Request" + want; got == nil || got.Error() != text {
			t.Errorf("%s: got %v, want %s", body, got, text)
		}
	}
}

func TestErr_successes(t *testing.T) {
	for name, tt := range map[string]struct {
		status      int
		media, body string
		typed       bool
		decoding    error
		want        string // "" for no error
	}{
		"as documented":  {200, "application/json", `{"id":1}`, true, nil, ""},
		"without a body": {204, "", ``, false, nil, ""},
		"another kind":   {200, "application/json", `{"id":"x"}`, false, errors.New("json: no number"), "the body is not what the vendor documents: json: no number"},
		"a member's kind": {200, "application/json", `{"id":"x"}`, false, Decode([]byte(`{"A":[{"id":"x"}]}`), new(struct {
			A []struct {
				ID int `json:"id"`
			}
		})), "the body is not what the vendor documents: member A.id is a JSON string"},
		"its own kind":       {200, "application/json", `[]`, false, Decode([]byte(`[]`), new(struct{})), "the body is not what the vendor documents: it is a JSON array"},
		"cut JSON":           {200, "application/json", `{"id"`, false, Decode([]byte(`{"id"`), new(struct{})), "the body is JSON that ends early"},
		"empty JSON":         {200, "application/json", ``, false, Decode(nil, new(struct{})), "the body is empty"},
		"a page":             {200, "text/html", `<html>`, false, nil, "the body is an HTML page"},
		"nothing":            {200, "application/json", ` `, false, nil, "the body is empty"},
		"null":               {200, "application/json", `null`, true, nil, "the body is null"},
		"a failure":          {200, "application/json", `{"id":1,"ok":false}`, true, nil, "the body's member ok is not true"},
		"a stated success":   {200, "application/json", `{"id":1,"ok":true}`, true, nil, ""},
		"no members":         {200, "application/json", `{}`, true, nil, "the body has no member id"},
		"null for a member":  {200, "application/json", `{"id":null}`, true, nil, "the body has no member id"},
		"another media type": {200, "application/xml", `{"id":1}`, false, nil, "the body is JSON of another kind"},
		"another status":     {202, "application/json", `{"id":1}`, false, nil, "the vendor does not document this status"},
	} {
		got := call(t, answering(tt.status, tt.media, tt.body), "POST", tt.typed, tt.decoding)
		if tt.want == "" {
			if got != nil {
				t.Errorf("%s: got %v", name, got)
			}
			continue
		}
		if got == nil || !errors.Is(got, finsdk.ErrMalformedResponse) || got.StatusCode != tt.status || got.Err == nil || got.Err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", name, got, tt.want)
		} else if !strings.Contains(got.Hint, "may have had its effect") {
			t.Errorf("%s: the hint is %q", name, got.Hint)
		}
	}
	if got := call(t, answering(200, "application/json", `{"id":1,"ok":false,"code":"E7","message":"No such order"}`), "GET", true, nil); got == nil ||
		got.Code != "E7" || got.Message != "No such order" {
		t.Errorf("a failure in a success: %v", got)
	}
	if got := call(t, answering(200, "text/html", `<html>`), "GET", false, nil); got == nil || got.Hint != "" {
		t.Errorf("a read has had an effect: %v", got)
	}
}

func TestErr_failsIfTheBodyEndsEarly(t *testing.T) {
	for status, want := range map[int]error{200: finsdk.ErrMalformedResponse, 500: finsdk.ErrServer} {
		client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			body := io.MultiReader(strings.NewReader(`{"code":"c"}`), failing{io.ErrUnexpectedEOF})
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(body), Request: req}, nil
		})}
		if got := call(t, client, "POST", true, nil); got == nil || !errors.Is(got, want) || !errors.Is(got, io.ErrUnexpectedEOF) || !strings.Contains(got.Error(), ": reading the body: ") {
			t.Errorf("%d: got %v", status, got)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// The error of net/http quotes what an HTTP/2 server says when it goes away.
func TestErr_quotesNoServer(t *testing.T) {
	for _, status := range []int{200, 500} {
		client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			body := failing{errors.New(`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug="no stream for tok-1234567890"`)}
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body), Request: req}, nil
		})}
		if got := call(t, client, "GET", true, nil); got == nil || !strings.Contains(got.Error(), "sent GOAWAY") || strings.Contains(got.Error(), "tok-") {
			t.Errorf("%d: got %v", status, got)
		}
	}
}

func TestDo_saysWhyThereIsNoAnswer(t *testing.T) {
	cause := errors.New("connection reset")
	var sent []string
	client := &http.Client{Timeout: time.Hour, Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		sent = append(sent, req.Header.Get("Idempotency-Key"))
		return nil, cause
	})}
	got := call(t, client, "POST", false, nil)
	if got == nil || got.StatusCode != 0 || !errors.Is(got, cause) || len(sent) != 1 || got.IdempotencyKey != sent[0] {
		t.Fatalf("got %v with key %q, sent %q", got, got.IdempotencyKey, sent)
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(sent[0]) {
		t.Errorf("the key is %q", sent[0])
	}
	if strings.Contains(got.Error(), "/orders") {
		t.Errorf("the error names the URL, which may hold an account: %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, _ := http.NewRequestWithContext(ctx, "POST", "https://api.example/orders", nil)
	if _, err := Do(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) { return nil, r.Context().Err() })}, req, operation); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDo_hints(t *testing.T) {
	const look = "the call may have had its effect: look before you repeat it"
	token := &auth.Error{Vendor: "acme", Kind: auth.ErrUnavailable, Hint: "its own"}
	for name, tt := range map[string]struct {
		method string
		err    error
		want   string
	}{
		"broken, a read":  {"GET", io.EOF, "the connection broke, which is usually transient; if it persists, check what stands in between"},
		"broken, a write": {"POST", io.EOF, "the connection broke, which is usually transient; if it persists, check what stands in between; " + look},
		"no connection": {"POST", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
			"the connection was refused: check the host and port of APIURL, and whether a firewall stands in between"},
		"no trust": {"POST", &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: new(x509.Certificate)}},
			"the certificate is for another host: check APIURL, and what stands in between"},
		"no TLS": {"POST", http.ErrSchemeMismatch,
			"the server there speaks plain http, but APIURL says https: check its scheme and port, and what stands in between"},
		"no token":       {"POST", token, ""},
		"no header":      {"POST", errors.New(`net/http: invalid header field value for "X"`), ""},
		"no time, write": {"POST", context.DeadlineExceeded, look},
		"no time, read":  {"GET", context.DeadlineExceeded, ""},
	} {
		client := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, tt.err })}
		ctx, cancel := context.WithCancel(t.Context())
		if errors.Is(tt.err, context.DeadlineExceeded) {
			cancel()
		}
		req, _ := http.NewRequestWithContext(ctx, tt.method, "https://api.example/orders", nil)
		_, err := Do(client, req, operation)
		cancel()
		var got *finsdk.APIError
		if !errors.As(err, &got) || got.Hint != tt.want {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
	if got := call(t, answering(503, "", ""), "POST", false, nil); got.Hint != look {
		t.Errorf("a write that failed: %v", got)
	}
	if got := call(t, answering(503, "", ""), "GET", false, nil); got.Hint != "" {
		t.Errorf("a read that failed: %v", got)
	}
}

// The answer of a redirect that is not followed to its end does not come from the API.
func TestDo_redirectWithoutEnd(t *testing.T) {
	client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"/again"}}, Body: http.NoBody, Request: req}, nil
	})}
	if got := call(t, client, "GET", false, nil); got == nil || got.Hint != "check APIURL, and what stands between this machine and the vendor" {
		t.Errorf("got %v", got)
	}
}

// Nothing is sent without a required parameter, not even a request for a token.
func TestDo_sendsNothingWithoutARequiredParameter(t *testing.T) {
	op := &Operation{Vendor: "acme", ID: "GetOrder", Header: []string{"gstin"}, Query: []string{"number", "year"}}
	sent := 0
	client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		sent++
		return answering(200, "application/json", `{}`).Transport.RoundTrip(req)
	})}
	for _, tt := range []struct{ header, query, want string }{
		{"g", "number=1&year=2", ""},
		{"", "number=1&year=2", "gstin"},
		{" ", "number=1&year=2", "gstin"},
		{"g", "", "number"},
		{"g", "number=1&year=", "year"},
	} {
		sent = 0
		req, _ := http.NewRequest("GET", "https://api.example/orders?"+tt.query, nil)
		req.Header.Set("GSTIN", tt.header)
		_, err := Do(client, req, op)
		switch {
		case tt.want == "" && (err != nil || sent != 1):
			t.Errorf("%+v: sent %d, %v", tt, sent, err)
		case tt.want != "" && (sent != 0 || !errors.Is(err, finsdk.ErrBadRequest) || err.Error() != "acme: GetOrder: bad request: parameter "+tt.want+" is missing"):
			t.Errorf("%+v: sent %d, %v", tt, sent, err)
		}
	}
}

// The last of several attempts need not be the one that had an effect.
func TestDo_hintsAfterSeveralAttempts(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	noToken := &auth.Error{Vendor: "acme", Kind: auth.ErrUnavailable}
	for _, last := range []error{refused, noToken} {
		for method, want := range map[string]bool{"PUT": true, "GET": false} {
			client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
				if trace := httptrace.ContextClientTrace(req.Context()); trace != nil {
					trace.WroteHeaders() // of the attempt before
				}
				return nil, last
			})}
			if got := call(t, client, method, false, nil); strings.Contains(got.Hint, "may have had its effect") != want {
				t.Errorf("%s, %v: the hint is %q", method, last, got.Hint)
			}
		}
	}
}

func TestDo_timeout(t *testing.T) {
	hanging := roundTripper(func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	})
	for name, tt := range map[string]struct {
		client, deadline, want time.Duration
	}{
		"none": {0, 0, DefaultTimeout}, "of the client": {time.Hour, 0, time.Hour}, "of the caller": {0, time.Hour, time.Hour}, "of both": {time.Minute, time.Hour, time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			if tt.deadline > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, tt.deadline)
				defer cancel()
			}
			began := time.Now()
			req, _ := http.NewRequestWithContext(ctx, "POST", "https://api.example/orders", nil)
			_, err := Do(&http.Client{Transport: hanging, Timeout: tt.client}, req, operation)
			if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != tt.want {
				t.Errorf("%s: %v after %s, want %s", name, err, took, tt.want)
			}
		})
	}
}

func TestDo_keys(t *testing.T) {
	for name, tt := range map[string]struct {
		needs bool
		given string
		want  string // "" for none, "new" for a new one
	}{
		"needed and not given": {true, "", "new"},
		"needed and blank":     {true, " ", "new"},
		"needed and given":     {true, "mine", "mine"},
		"optional":             {false, "", ""},
		"optional and given":   {false, "mine", "mine"},
	} {
		req, _ := http.NewRequest("POST", "https://api.example/orders", nil)
		if tt.given != "" {
			req.Header.Set("Idempotency-Key", tt.given)
		}
		resp, err := Do(answering(200, "application/json", `{}`), req, &Operation{NeedsKey: tt.needs})
		if err != nil {
			t.Fatal(err)
		}
		got := Key(resp)
		if len(got) == 36 && got != tt.given {
			got = "new"
		}
		if got != tt.want || Key(resp) != req.Header.Get("Idempotency-Key") {
			t.Errorf("%s: got %q, sent %q", name, Key(resp), req.Header.Get("Idempotency-Key"))
		}
	}
}

func TestDo_failsBeyondTheLimit(t *testing.T) {
	body := &endless{left: maxBody + 10}
	client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body), Request: req}, nil
	})}
	if got := call(t, client, "GET", true, nil); got == nil || !errors.Is(got, errTooLarge) {
		t.Errorf("got %v", got)
	}
}

type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	e.left -= n
	return n, nil
}

// A status of success that the document does not name counts if the body is that of the one it
// names.
func TestErr_checksAnotherSuccess(t *testing.T) {
	created := Answer{Status: "201", JSON: true, Required: []string{"id"}}
	failed := Answer{Status: "default", Parts: Parts{Code: "code"}}
	for name, tt := range map[string]struct {
		answers []Answer
		status  int
		body    string
		typed   bool
		want    string
	}{
		"as documented":           {[]Answer{created, failed}, 201, `{"id":1}`, true, ""},
		"another status":          {[]Answer{created, failed}, 202, `{"id":1}`, true, ""},
		"another status and body": {[]Answer{created, failed}, 202, `{"a":1}`, true, "the body has no member id"},
		"no body":                 {[]Answer{created, failed}, 204, ``, false, "the body is empty"},
		"one of two":              {[]Answer{created, {Status: "202"}, failed}, 200, `{"id":1}`, true, "the vendor does not document this status"},
		"a range":                 {[]Answer{{Status: "2XX", JSON: true, Required: []string{"id"}}, failed}, 203, `{"id":1}`, true, ""},
	} {
		op := &Operation{Vendor: "acme", ID: "CreateOrder", Answers: tt.answers}
		err := op.Err(&http.Response{StatusCode: tt.status, Header: http.Header{}}, []byte(tt.body), tt.typed, nil)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

// A success without a required member is told from a failure by what all failures have.
func TestErr_findsAFailureInAnOpenSuccess(t *testing.T) {
	op := &Operation{Vendor: "acme", ID: "ListOrders", Answers: []Answer{{Status: "200", JSON: true}, {Status: "default", Parts: Parts{Code: "code", Message: "message"}}}}
	for body, want := range map[string]string{
		`{"code":"conflict","message":"no"}`: `acme: ListOrders: the API answered 200 OK (conflict): "no": the body reports a failure`,
		`{"code":"x"}`:                       "", `{"message":"x"}`: "", `[{"code":"x","message":"y"}]`: "", `{"code":null,"message":""}`: "",
	} {
		err := op.Err(&http.Response{StatusCode: 200, Request: &http.Request{Method: "GET"}}, []byte(body), true, nil)
		if got := fmt.Sprint(cmp.Or(err, errors.New(""))); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}

func TestIsJSON(t *testing.T) {
	for _, tt := range []struct {
		media, body string
		want        bool
	}{
		{"application/json", `{`, true}, {"Application/Problem+JSON; charset=utf-8", ``, true},
		{"", `{"a":1}`, true}, {"text/plain; charset=utf-8", ` [1] `, true}, {"text/html", `{}`, true},
		{"text/html", `<html>`, false}, {"", ``, false}, {"text/plain", `no JSON`, false},
	} {
		if got := IsJSON(&http.Response{Header: http.Header{"Content-Type": {tt.media}}}, []byte(tt.body)); got != tt.want {
			t.Errorf("%s %q: got %v", tt.media, tt.body, got)
		}
	}
}

func TestDecode(t *testing.T) {
	var got struct {
		A any
		B float64
		C int64
	}
	if err := Decode([]byte(` {"a":9007199254740993,"b":0.1,"c":9007199254740993} `), &got); err != nil || fmt.Sprint(got) != "{9007199254740993 0.1 9007199254740993}" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{`{}{}`, `{} x`, `{`, ``, `{"b":"x"}`} {
		if err := Decode([]byte(text), &got); err == nil {
			t.Errorf("%q is decoded", text)
		}
	}
}

func TestWithNulls(t *testing.T) {
	for _, tt := range []struct {
		names      []string
		want, fail string
	}{
		{[]string{"b"}, `{"a":1,"b":null,"c":null}`, ""},
		{[]string{"b", "c", "b"}, `{"a":1,"b":null,"c":null}`, ""},
		{[]string{"a"}, "", `"a" has a value`},
		{[]string{"d"}, "", `"d" is not a member that may be null, such as "a"`},
	} {
		got, err := WithNulls([]byte(`{"a":1,"c":null}`), tt.names, "a", "b", "c")
		if string(got) != tt.want || (err == nil) != (tt.fail == "") || err != nil && !strings.Contains(err.Error(), tt.fail) {
			t.Errorf("%v: got %s, %v", tt.names, got, err)
		}
	}
}

func TestDo_redirect(t *testing.T) {
	for method, want := range map[string][]string{"GET": {"GET /orders", "GET /login"}, "POST": {"POST /orders"}, "DELETE": {"DELETE /orders"}} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			var sent []string
			client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
				sent = append(sent, req.Method+" "+req.URL.Path)
				if req.URL.Path == "/login" {
					return answering(200, "application/json", `{"id":1,"ok":true}`).Transport.RoundTrip(req)
				}
				return &http.Response{StatusCode: status, Header: http.Header{"Location": {"/login"}}, Body: http.NoBody, Request: req}, nil
			})}
			got := call(t, client, method, true, nil)
			if fmt.Sprint(sent) != fmt.Sprint(want) {
				t.Errorf("%d: sent %v, want %v", status, sent, want)
			}
			if method == "GET" && got != nil || method != "GET" && (got == nil || got.StatusCode != status) {
				t.Errorf("%s, %d: got %v", method, status, got)
			}
		}
	}
}

// Nobody else closes the connection of a 101.
func TestDo_closesASwitchedConnection(t *testing.T) {
	connection, other := net.Pipe()
	defer other.Close()
	client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 101, Header: http.Header{}, Body: connection, Request: req}, nil
	})}
	if got := call(t, client, "POST", false, nil); got == nil || got.StatusCode != 101 {
		t.Errorf("got %v", got)
	}
	if _, err := other.Write([]byte("x")); err == nil {
		t.Error("the connection is open")
	}
}

func TestDo_takesAByteOrderMark(t *testing.T) {
	req, _ := http.NewRequest("GET", "https://api.example/orders", nil)
	resp, err := Do(answering(200, "application/json", "\xef\xbb\xbf{}"), req, operation)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(resp.Body); string(body) != "{}" {
		t.Errorf("got %q", body)
	}
}

// The server quotes the token that it refuses, in a form that does not look like a token.
func TestErr_hidesTheToken(t *testing.T) {
	const token = "Zk83jdQpWm5xTgHs"
	for _, status := range []int{400, 401, 500} {
		for _, timeout := range []time.Duration{0, time.Hour} {
			base := roundTripper(func(req *http.Request) (*http.Response, error) {
				sent := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
				body := fmt.Sprintf(`{"code":"bad-%s","message":"refused %[1]s","requestId":%[1]q,"details":[{"field":%[1]q}],"upstream":{"message":%[1]q}}`, sent)
				return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
			})
			source, err := auth.NewTokenSource(grant(token), auth.WithHTTPClient(&http.Client{Transport: base, Timeout: timeout}))
			if err != nil {
				t.Fatal(err)
			}
			got := call(t, source.Client(), "POST", false, nil)
			if text := fmt.Sprintf("%v %+v %+v", got, got.Fields, got.Upstream); strings.Contains(text, token) || !strings.Contains(text, "refused [redacted]") {
				t.Errorf("%d: got %s", status, text)
			}
		}
	}
}

// An API refuses a token, and the vendor the secret for another one: the error is about both.
func TestErr_saysWhyThereIsNoOtherToken(t *testing.T) {
	asked := 0
	source, err := auth.NewTokenSource(auth.GrantFunc(func(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
		if asked++; asked > 1 {
			return nil, &auth.Error{Op: "client_credentials grant", Kind: auth.ErrInvalidCredentials, Hint: "check the secret"}
		}
		return grant("a-token").RequestToken(ctx, nil)
	}), auth.WithHTTPClient(answering(401, "application/json", `{"code":"invalid_token"}`)))
	if err != nil {
		t.Fatal(err)
	}
	got := call(t, source.Client(), "GET", false, nil)
	if !errors.Is(got, finsdk.ErrUnauthorized) || !errors.Is(got, auth.ErrInvalidCredentials) || got.StatusCode != 401 || asked != 2 ||
		!strings.Contains(got.Error(), "the API answered 401 Unauthorized (invalid_token): ") || !strings.Contains(got.Error(), "credentials rejected") || got.Hint != "" {
		t.Errorf("after %d requests: %v", asked, got)
	}
}

type grant string

func (g grant) RequestToken(context.Context, *oauth2.Token) (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: string(g), TokenType: "Bearer", Expiry: time.Now().Add(time.Hour)}, nil
}

func FuzzErr(f *testing.F) {
	f.Add(422, "application/json", []byte(`{"error":{"message":"m"},"data":{"a":["b"]}}`))
	f.Add(500, "text/html", []byte(`<`))
	f.Add(200, "application/json", []byte(`{"id":null}`))
	f.Add(502, "text/plain", []byte(" \xff"))
	f.Fuzz(func(t *testing.T, status int, media string, body []byte) {
		resp := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {media}}}
		err := operation.Err(resp, body, status == 200, nil)
		if err == nil && status/100 != 2 {
			t.Fatal("no error")
		}
		if err != nil && (len(err.Error()) > 8<<10 || strings.ContainsAny(err.Error(), "\n\r\x1b")) {
			t.Errorf("%q", err.Error())
		}
	})
}
