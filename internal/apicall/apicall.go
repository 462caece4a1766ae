// Package apicall sends the calls of the generated API clients and says what their answers report.
package apicall

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/unreached"
)

// An Operation is what a document says about one call.
type Operation struct {
	Vendor, ID string
	Product    string // the name of the product that has it, if the vendor has several
	NeedsKey   bool   // its header parameter Idempotency-Key is required
	// Header and Query are its other required parameters.
	Header, Query []string
	Answers       []Answer
}

// An Answer is what the document says about the answers with one status.
type Answer struct {
	Status   string   // "200", "4XX" or "default"
	JSON     bool     // its body is JSON
	Required []string // the members that its body always has, and not as null
	Parts    Parts
	Hint     string // what a caller does about it
	// Constants are the members that can have only one value, as JSON. A success with another value
	// is a failure.
	Constants map[string]string
}

// Parts say where a failure's body has the parts of a finsdk.APIError. Each is a path: names of
// members with dots between them. It is empty if the body does not have the part.
type Parts struct {
	Code, Message, RequestID string
	Fields                   string // a list of objects, or an object of lists of texts
	Upstream                 string // an object
}

// A Doer sends a request, as an http.Client does.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// DefaultTimeout ends a call if neither its context nor its http.Client does.
const DefaultTimeout = 2 * time.Minute

// OneProduct is an http.Client for the operations of one of a vendor's products. Refuse returns the
// error of a call of another product.
type OneProduct struct {
	*http.Client
	Name   string
	Refuse func(operation, product string) error
}

const keyHeader = "Idempotency-Key"

// maxBody is the size of the largest answer that is read.
const maxBody = 16 << 20

var errTooLarge = fmt.Errorf("the body is longer than %d MiB", maxBody>>20)

// Do sends req with client and reads the whole answer. If the operation needs an idempotency key
// and req has none, Do makes one. If another required parameter is missing, Do sends nothing. It
// follows redirects of GET requests only. Its errors are of type *finsdk.APIError, and mean that
// there was no answer.
func Do(client Doer, req *http.Request, op *Operation) (*http.Response, error) {
	if p, ok := client.(*OneProduct); ok {
		if p.Name != op.Product {
			return nil, &finsdk.APIError{Vendor: op.Vendor, Operation: op.ID, Err: p.Refuse(op.ID, op.Product)}
		}
		client = p.Client
	}
	if name := op.missing(req); name != "" {
		return nil, op.Invalid(fmt.Errorf("parameter %s is missing", name))
	}
	if op.NeedsKey && strings.TrimSpace(req.Header.Get(keyHeader)) == "" {
		req.Header.Set(keyHeader, newKey())
	}
	key := req.Header.Get(keyHeader)
	timeout := time.Duration(0)
	if _, ok := req.Context().Deadline(); !ok {
		timeout = DefaultTimeout
	}
	if c, ok := client.(*http.Client); ok {
		own := *c
		if c.Timeout > 0 {
			// With a Timeout, http.Client would wrap the body that redacts in another one.
			own.Timeout, timeout = 0, c.Timeout
		}
		if req.Method != http.MethodGet {
			// A client would make a GET of most redirects, and take its answer for that of the
			// call.
			own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		}
		client = &own
	}
	ctx := req.Context()
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	// sent counts for any attempt: with auth.WithRetry there are several.
	var sent atomic.Bool
	if req.Method != http.MethodGet { // which has no effect to warn of
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	}
	req = req.WithContext(ctx)
	resp, err := client.Do(req)
	if err != nil {
		e := &finsdk.APIError{Vendor: op.Vendor, Operation: op.ID, IdempotencyKey: key, Err: unreached.Shown(err)}
		if own, ok := errors.AsType[*auth.Error](err); ok {
			e.Err = own
		}
		e.Hint = hint(req, err, resp != nil, sent.Load())
		return nil, e
	}
	var text []byte
	if resp.StatusCode >= 200 { // the body of 101 is a connection, which no deadline ends
		text, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	}
	if err != nil {
		err = fmt.Errorf("reading the body: %w", unreached.Shown(err))
	} else if len(text) > maxBody {
		text, err = text[:maxBody], errTooLarge
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // some servers begin JSON with a byte order mark
	a := &answer{Reader: bytes.NewReader(text), key: key, err: err}
	if body, ok := resp.Body.(interface{ Redact(string) string }); ok {
		a.redact = body.Redact
	}
	if body, ok := resp.Body.(interface{ Cause() error }); ok {
		a.cause = body.Cause()
	}
	_ = resp.Body.Close()
	resp.Body = a
	return resp, nil
}

// notAnAPI is the hint about a redirect.
const notAnAPI = "check APIURL, and what stands between this machine and the vendor"

// lookFirst is the hint after a call that may have changed something, although it failed.
const lookFirst = "the call may have had its effect: look before you repeat it"

// hint returns what to do about a request that failed. It was redirected without end, or got no
// answer. sent says that an attempt was written to a connection of net/http.
func hint(req *http.Request, err error, redirected, sent bool) string {
	_, own := errors.AsType[*auth.Error](err) // which has a hint of its own
	refused := own || strings.Contains(err.Error(), "net/http: invalid ")
	var hints []string
	switch {
	case refused:
	case redirected:
		hints = append(hints, notAnAPI)
	case req.Context().Err() == nil:
		hints = append(hints, unreached.Hint(err, "APIURL"))
	}
	if req.Method != http.MethodGet && (sent || !refused && !unreached.Unsent(err)) {
		hints = append(hints, lookFirst)
	}
	return strings.Join(hints, "; ")
}

// missing returns the name of a required parameter that req lacks, or "". Params that are nil lack
// all of them.
func (op *Operation) missing(req *http.Request) string {
	for _, name := range op.Header {
		if strings.TrimSpace(req.Header.Get(name)) == "" {
			return name
		}
	}
	if len(op.Query) > 0 {
		query := req.URL.Query()
		for _, name := range op.Query {
			if query.Get(name) == "" {
				return name
			}
		}
	}
	return ""
}

// Invalid returns err, which says what is wrong with the arguments of a call, as a *finsdk.APIError
// that is a finsdk.ErrBadRequest. The call was not sent.
func (op *Operation) Invalid(err error) error {
	if inner, ok := errors.AsType[*json.MarshalerError](err); ok {
		err = inner.Err // without the names of Go types
	}
	return op.Unsent(fmt.Errorf("%w: %w", finsdk.ErrBadRequest, err))
}

// Unsent returns err, because of which a call was not sent, as a *finsdk.APIError.
func (op *Operation) Unsent(err error) error {
	return &finsdk.APIError{Vendor: op.Vendor, Operation: op.ID, Err: err}
}

// IsJSON reports whether a body is JSON, which some servers call text or nothing at all.
func IsJSON(resp *http.Response, body []byte) bool {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return strings.Contains(media, "json") || json.Valid(body)
}

// Decode decodes a body as json.Unmarshal does, but for numbers that have no type of their own:
// they become a json.Number, which keeps all digits.
func Decode(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON")
	}
	return nil
}

// WithNulls adds members to the JSON object b that are null. Each is one of nullable, which is not
// empty, and not in b.
func WithNulls(b []byte, names []string, nullable ...string) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.Contains(nullable, name) {
			return nil, fmt.Errorf("NullFields: %q is not a member that may be null, such as %q", name, nullable[0])
		}
		if value, ok := members[name]; ok && string(value) != "null" {
			return nil, fmt.Errorf("NullFields: %q has a value", name)
		}
		members[name] = json.RawMessage("null")
	}
	return json.Marshal(members)
}

// answer is a body that has been read.
type answer struct {
	*bytes.Reader
	key    string
	err    error               // the body ended early
	redact func(string) string // hides the token that was sent; may be nil
	cause  error               // there was no token to replace the refused one
}

// Close implements io.Closer.
func (*answer) Close() error { return nil }

// Key returns the idempotency key that the answered request had, or "".
func Key(resp *http.Response) string {
	if resp == nil {
		return ""
	}
	if a, ok := resp.Body.(*answer); ok {
		return a.key
	}
	if resp.Request == nil {
		return ""
	}
	return resp.Request.Header.Get(keyHeader)
}

// newKey returns a random UUID (RFC 9562 section 5.4).
func newKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
