package tokenendpoint

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/errortext"
	"github.com/finsdk/finsdk-go/internal/redact"
)

// maxBody limits how much of an answer is read. A token of 100 KiB fits; an endless body does not.
const maxBody = 1 << 20

var errTooLarge = errors.New("the body is larger than 1 MiB")

// Exchange describes one request to a token endpoint, and how to read its answer.
type Exchange struct {
	Vendor  string
	Help    string        // of the errors, see auth.Error
	Op      string        // "client_credentials grant"
	Secrets []auth.Secret // the secrets in the request, which no error may show
	Known   []string      // the ids, hosts and so on in the request, which errors may show

	// Members are the members of a successful answer in the vendor's document. The token keeps
	// their values, and nothing else of the answer.
	Members []Member
	// Scope is the scope that the request asks for. An answer without a scope has this one (RFC
	// 6749 section 5.1). Optional.
	Scope string

	// Open removes a vendor's envelope from an answer. It returns the content, and whether the
	// envelope says that the request failed. Optional.
	Open func(Members) (inner Members, failed bool, err error)
	// Fault finds the error code and the explanation in an answer that does not have them where RFC
	// 6749 does. If it finds neither, the usual places count. Optional.
	Fault func(Members) (code, description string)
	// Explain sets the vendor's own Kind and Hint of a failure, if they differ from the usual ones.
	// said is the vendor's text in lower case. It is not redacted: look at it, but do not show it.
	// Optional.
	Explain func(e *auth.Error, said string)
}

// Send posts body to endpoint, which is a request without a body and stays as it was, and returns
// the token in the answer. Every failure is an *auth.Error without secrets.
func (x *Exchange) Send(ctx context.Context, endpoint *http.Request, mediaType, body string, edit ...func(*http.Request)) (*oauth2.Token, error) {
	client := auth.HTTPClient(ctx)
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > client.Timeout {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, client.Timeout)
		defer cancel()
	}
	req := endpoint.WithContext(ctx)
	// A URL and a header of its own, because a RoundTripper may rewrite what it is given.
	req.URL = new(*endpoint.URL)
	req.Header = maps.Clone(endpoint.Header)
	if req.Header.Get("Content-Type") != mediaType {
		req.Header.Set("Content-Type", mediaType)
	}
	req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	for _, e := range edit {
		e(req)
	}
	sent := time.Now().Round(0) // vendors count by the wall clock
	resp, err := roundTrip(client.Transport, req)
	if err != nil {
		return nil, x.transportError(err)
	}
	a := &answer{exchange: x, status: resp.StatusCode, header: resp.Header, url: req.URL, sent: sent}
	if resp.StatusCode < 200 {
		_ = resp.Body.Close() // the body of a 101 is the connection, which never ends
	} else {
		a.body, a.readErr = readBody(ctx, resp.Body, resp.ContentLength)
	}
	return a.token()
}

// roundTrip sends req as an http.Client does that follows no redirect and has no cookies.
func roundTrip(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
	resp, err := rt.RoundTrip(req)
	switch {
	case err != nil:
		var record tls.RecordHeaderError
		if errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/" {
			err = http.ErrSchemeMismatch
		}
	case resp == nil:
		err = errors.New("the RoundTripper returned neither an answer nor an error")
	case resp.StatusCode < 100 || resp.StatusCode > 999:
		if resp.Body != nil {
			_ = resp.Body.Close()
		}
		err = fmt.Errorf("the answer has the status %d, which HTTP does not have", resp.StatusCode)
	case resp.Body == nil:
		resp.Body = http.NoBody
	}
	if err != nil {
		return nil, &url.Error{Op: "Post", URL: req.URL.String(), Err: err}
	}
	return resp, nil
}

// FormType is the media type of a form (RFC 6749 appendix B).
const FormType = "application/x-www-form-urlencoded"

// SetHeader sets the header fields that every token request has.
func SetHeader(req *http.Request) {
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "finsdk-go/"+finsdk.Version)
}

// Basic authenticates the client of a request with HTTP Basic. Id and secret are form-encoded first
// (RFC 6749 section 2.3.1).
func Basic(id, secret string) func(*http.Request) {
	return func(req *http.Request) { req.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret)) }
}

// transportError describes a request without an answer. The error's text may quote the bytes that
// the server sent instead.
func (x *Exchange) transportError(err error) error {
	e := auth.NewTransportError(x.Vendor, x.Op, err)
	e.Help = x.Help
	e.Err = errortext.Retell(e.Err, x.redactor().Text)
	x.explain(e, "")
	return e
}

func (x *Exchange) explain(e *auth.Error, said string) {
	if x.Explain != nil {
		x.Explain(e, strings.ToLower(said))
	}
	x.explainEdge(e)
}

// redactor returns a Redactor for the secrets of the request and for others.
func (x *Exchange) redactor(others ...string) *redact.Redactor {
	for _, s := range x.Secrets {
		others = append(others, s.Reveal())
	}
	return redact.New(others, x.Known...)
}

// readBody reads an answer to its end or to the limit, and closes it. length is what the answer
// says of it, or -1. The client of [auth.HTTPClient] ends a read with the request's context.
func readBody(ctx context.Context, body io.ReadCloser, length int64) ([]byte, error) {
	defer func() { _ = body.Close() }()
	var buf bytes.Buffer
	buf.Grow(int(min(max(length, 0), maxBody)) + bytes.MinRead) // ReadFrom wants room to find the end
	limited := io.LimitedReader{R: body, N: maxBody + 1}
	n, err := buf.ReadFrom(&limited)
	switch {
	case err == nil && n > maxBody:
		return buf.Bytes()[:maxBody], errTooLarge
	case err != nil && ctx.Err() != nil:
		err = ctx.Err()
	}
	return buf.Bytes(), err
}
