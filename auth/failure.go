package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/errortext"
	"github.com/finsdk/finsdk-go/internal/redact"
	"github.com/finsdk/finsdk-go/internal/retryafter"
	"github.com/finsdk/finsdk-go/internal/unreached"
)

// describe returns err as an *Error of this source, without secrets.
func (s *TokenSource) describe(ctx context.Context, a *attempt, err error) *Error {
	failure := newFailure(err)
	failure.Vendor = cmp.Or(failure.Vendor, s.vendor)
	failure.Help = cmp.Or(failure.Help, s.help)
	failure.Op = cmp.Or(failure.Op, "request a token")
	// The Grant's context ends by the request timeout alone, so this failure is a timeout.
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && !failure.Timeout() && failure.StatusCode == 0 && failure.kind() == ErrUnavailable {
		failure.Err = timedOutBy(failure.Err)
	}
	if a != nil && !failure.clean {
		failure.redact(a.secrets, s.known)
	}
	return failure
}

func timedOutBy(err error) error {
	if err == nil {
		return context.DeadlineExceeded
	}
	return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
}

// redact removes the secrets from every field that a Grant may have set.
func (e *Error) redact(secrets, known []string) {
	r := redact.New(secrets, known...)
	for _, text := range []*string{&e.Vendor, &e.Op, &e.Code, &e.Hint, &e.Help} {
		*text = r.Text(*text)
	}
	for _, text := range []*string{&e.Description, &e.URI} {
		*text = r.Sentence(*text)
	}
	if len(e.Header) > 0 {
		clean := make(http.Header, len(e.Header))
		for name, values := range e.Header {
			for _, v := range values {
				clean.Add(name, r.Sentence(v))
			}
		}
		e.Header = clean
	}
	e.Err = errortext.Retell(e.Err, r.Text)
	e.clean = true
}

// newFailure copies an *Error, and makes an *Error of any other error.
func newFailure(err error) *Error {
	if failure, ok := err.(*Error); ok {
		c := *failure
		return &c
	}
	if wrapped, ok := errors.AsType[*Error](err); ok {
		c := *wrapped
		// The errors around it have not been searched for secrets.
		c.Err, c.clean = err, false
		return &c
	}
	if retrieve, ok := errors.AsType[*oauth2.RetrieveError](err); ok && retrieve.Response != nil {
		return retrieveFailure(retrieve)
	}
	if _, ok := errors.AsType[*url.Error](err); ok { // of an http.Client; it may quote the server
		return &Error{Kind: ErrUnavailable, Err: unreached.Shown(err), Hint: unreached.Hint(err, "the token endpoint's URL")}
	}
	// Assume that any other failure of a request may pass.
	return &Error{Kind: ErrUnavailable, Err: err}
}

// retrieveFailure describes the failure of an x/oauth2 Grant. It leaves out the error's own text,
// which quotes the raw answer and so may echo a secret that only the Grant knows.
func retrieveFailure(r *oauth2.RetrieveError) *Error {
	return &Error{
		StatusCode:  r.Response.StatusCode,
		Code:        r.ErrorCode,
		Description: r.ErrorDescription,
		URI:         r.ErrorURI,
		Kind:        KindOf(r.Response.StatusCode, r.ErrorCode),
		RetryAfter:  retryafter.Parse(r.Response.Header, time.Now()),
	}
}

// passing reports whether a caller should wait for another attempt within the same call. A request
// that used up its whole timeout has taken long enough; one whose connection timed out has not.
func passing(failure *Error) bool {
	return failure.Temporary() && !failure.Is(ErrInvalidCredentials) && !failure.spent && !failure.broken
}

// definite reports whether the vendor's answer will not change by waiting. Callers then get that
// answer at once, and the vendor is asked again after the pause.
func definite(failure *Error) bool {
	kind := failure.kind()
	return kind == ErrInvalidCredentials || (!failure.Temporary() && (kind == ErrInvalidConfig || kind == ErrHostNotAllowed))
}

// local reports whether the failure came before any request was sent, such as a missing secret
// file.
func (e *Error) local() bool {
	return e.StatusCode == 0 && e.Code == "" && e.kind() == ErrInvalidConfig
}

// tokenClient returns the client for token requests.
func (s *TokenSource) tokenClient() *http.Client {
	c := hardened(s.httpClient)
	if s.httpClient == nil || s.httpClient.Timeout <= 0 || s.httpClient.Timeout > s.requestTimeout {
		c.Timeout = s.requestTimeout
	}
	return c
}

// NewTransportError describes a request without a complete answer: refused and reset connections,
// TLS and DNS failures, timeouts. The error is [ErrUnavailable] and wraps err. If err is a
// *url.Error, as http.Client returns it, the text shows only scheme and host of the URL. If a
// RoundTripper refused the request with an [*Error] of kind [ErrInvalidConfig] or
// [ErrHostNotAllowed], the result keeps that kind.
func NewTransportError(vendor, op string, err error) *Error {
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.StatusCode == 0 && (refusal.Kind == ErrInvalidConfig || refusal.Kind == ErrHostNotAllowed) {
		return &Error{Vendor: vendor, Op: op, Kind: refusal.Kind, Err: refusal.Err, Hint: refusal.Hint}
	}
	return &Error{Vendor: vendor, Op: op, Kind: ErrUnavailable, Err: unreached.Shown(err), Hint: unreached.Hint(err, "AuthURL")}
}
