package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/internal/origin"
	"github.com/finsdk/finsdk-go/internal/unreached"
)

// The kinds of failure, for errors.Is. Every error of this module that concerns a token matches at
// least one of them, except if the caller's own context ended before the vendor answered.
var (
	// ErrInvalidConfig: a field is missing or malformed, found before any request is sent. Or the
	// vendor refused the request for a reason that only another configuration mends: an unknown
	// realm, scope or grant, or any other 4xx that is not named below.
	ErrInvalidConfig = errors.New("invalid configuration")
	// ErrInvalidCredentials: the vendor does not accept the client id, the secret, the user or the
	// password. Every 401 and 403 counts as this, even if its body is HTML or empty, because a
	// vendor also answers so if the caller's address is not on its allow-list. The same credentials
	// are not sent again before a pause has passed (see [TokenSource]).
	ErrInvalidCredentials = errors.New("credentials rejected")
	// ErrInvalidGrant: RFC 6749 section 5.2 invalid_grant. The refresh token has expired or was
	// revoked, or the password was rejected, which is ErrInvalidCredentials too.
	ErrInvalidGrant = errors.New("grant rejected")
	// ErrRateLimited: the vendor asks for fewer requests (status 429). See Error.RetryAfter.
	ErrRateLimited = errors.New("rate limited")
	// ErrUnavailable: the vendor did not answer, or a fault or an intermediary answered in its
	// place: 5xx, a reset connection, or HTML or an empty body with 2xx or 4xx, except 401 and 403
	// (ErrInvalidCredentials) and 429 (ErrRateLimited). Try again later.
	ErrUnavailable = errors.New("vendor unavailable")
	// ErrMalformedResponse: the vendor answered, but the answer has no usable token.
	ErrMalformedResponse = errors.New("malformed response")
	// ErrHostNotAllowed: a credential was about to go to the wrong place: the token to another host
	// than the vendor's API or over plain http, or the secret after a redirect.
	ErrHostNotAllowed = errors.New("host not allowed")
)

// Error is the type of every failure of this module. It holds no secret: of an answer it keeps the
// status, the code, one redacted sentence and a few header fields, and every way of printing an
// Error prints the text of [Error.Error].
//
// Error unwraps to its cause and, if the vendor answered, to an *oauth2.RetrieveError with the same
// redacted facts, for handlers written for x/oauth2.
//
// A custom Grant may return an Error whose Kind is nil. Its Kind then follows from StatusCode and
// Code.
type Error struct {
	Vendor      string        // which vendor, by the name of its package or the name from WithName
	Op          string        // what was tried: "client_credentials grant", "authorize the request" …
	Kind        error         // one of the Err… values of this package; nil: from StatusCode and Code
	StatusCode  int           // the status of the vendor's answer; 0 if there was none
	Code        string        // RFC 6749 section 5.2 error code, or the vendor's own; may be empty
	Description string        // the vendor's explanation: one redacted sentence
	URI         string        // RFC 6749 section 5.2 error_uri, redacted; may be empty
	Hint        string        // what to do next
	Help        string        // URL of the help page, up to the kind's name ("…#"); "": this module's
	RetryAfter  time.Duration // how long to wait before trying again, at most an hour; 0 if unknown
	Transient   bool          // the same request may succeed later, whatever the Kind
	Header      http.Header   // the answer's header, only fields that are safe to show; may be nil
	Err         error         // the cause; may be nil

	clean  bool  // the secrets have been removed
	spent  bool  // the request used up its whole timeout
	ended  error // the error of the caller's context, if that ended
	broken bool  // the Grant itself is at fault, so the same call does not ask it again
}

// Error says in one line which vendor failed, at what, how, and what to do next.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Vendor != "" {
		b.WriteString(e.Vendor)
		b.WriteString(": ")
	}
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	kind := e.kind()
	switch {
	case kind != nil:
		b.WriteString(kind.Error())
	case e.Err != nil && (errors.Is(e.Err, context.Canceled) || errors.Is(e.Err, context.DeadlineExceeded)):
		b.WriteString("gave up waiting")
	default:
		b.WriteString("failed")
	}
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, ": the vendor answered %d", e.StatusCode)
		if text := http.StatusText(e.StatusCode); text != "" {
			b.WriteString(" " + text)
		}
	}
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	}
	if e.Description != "" {
		fmt.Fprintf(&b, ": %s", strconv.Quote(e.Description))
	}
	if e.Err != nil {
		// errors.Join, which a Grant may use, writes one line per error.
		b.WriteString(": " + strings.ReplaceAll(strings.TrimSpace(e.Err.Error()), "\n", "; "))
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, "; retry after %s", e.RetryAfter.Round(time.Second/10))
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "; %s", e.Hint)
	}
	if topic := e.topic(); topic != "" {
		fmt.Fprintf(&b, " (see %s%s)", cmp.Or(e.Help, finsdk.Troubleshooting+"#"), topic)
	}
	return oneLine(b.String())
}

// Is reports whether target is the kind of e. Some failures have two kinds: a rejected password is
// both ErrInvalidCredentials and ErrInvalidGrant, and an HTML page in place of a token is both
// ErrMalformedResponse and ErrUnavailable.
func (e *Error) Is(target error) bool {
	kind := e.kind()
	switch target {
	case nil:
		return false
	case kind:
		return true
	case ErrInvalidGrant:
		return e.Code == "invalid_grant"
	case ErrUnavailable:
		return e.Transient && kind != ErrRateLimited
	}
	return false
}

// Unwrap returns the cause and, when the vendor answered, an *oauth2.RetrieveError.
func (e *Error) Unwrap() []error {
	var errs []error
	if e.StatusCode != 0 {
		errs = append(errs, e.retrieveError())
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// Timeout reports whether e is a timeout, as net.Error defines it.
func (e *Error) Timeout() bool {
	if e.ended != nil {
		return errors.Is(e.ended, context.DeadlineExceeded)
	}
	return unreached.IsTimeout(e.Err)
}

// Temporary reports whether sending the same request later may succeed.
func (e *Error) Temporary() bool {
	kind := e.kind()
	return e.Transient || kind == ErrUnavailable || kind == ErrRateLimited
}

// Format prints the same text for every verb. Otherwise %#v would bypass Error.
func (e *Error) Format(f fmt.State, verb rune) {
	if verb == 'q' {
		_, _ = io.WriteString(f, strconv.Quote(e.Error()))
		return
	}
	_, _ = io.WriteString(f, e.Error())
}

// MarshalText returns the text of Error, for encoders such as encoding/json.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// LogValue returns a group with the facts that dashboards filter by, for log/slog.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("msg", e.Error())}
	if e.Vendor != "" {
		attrs = append(attrs, slog.String("vendor", e.Vendor))
	}
	if e.StatusCode != 0 {
		attrs = append(attrs, slog.Int("status", e.StatusCode))
	}
	if e.Code != "" {
		attrs = append(attrs, slog.String("code", e.Code))
	}
	if e.RetryAfter > 0 {
		attrs = append(attrs, slog.Duration("retry_after", rounded(e.RetryAfter)))
	}
	return slog.GroupValue(attrs...)
}

func (e *Error) kind() error {
	if e.Kind != nil || (e.StatusCode == 0 && e.Code == "") {
		return e.Kind
	}
	return KindOf(e.StatusCode, e.Code)
}

// KindOf classifies an answer of a token endpoint by its OAuth error code or, if the code is
// unknown, by its status. The code comes first because Keycloak 26.6 moved the answer to a wrong
// password from 401 to 400. KindOf returns nil for a success without a code.
func KindOf(status int, code string) error {
	if status == http.StatusTooManyRequests {
		return ErrRateLimited
	}
	switch code {
	case "invalid_client", "unauthorized_client", "access_denied":
		return ErrInvalidCredentials
	case "invalid_grant":
		return ErrInvalidGrant
	case "invalid_request", "invalid_scope", "unsupported_grant_type", "unsupported_response_type", "invalid_target":
		return ErrInvalidConfig
	case "server_error", "temporarily_unavailable", "unknown_error":
		return ErrUnavailable
	case "slow_down":
		return ErrRateLimited
	}
	switch {
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return ErrUnavailable
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ErrInvalidCredentials
	case status >= 400:
		return ErrInvalidConfig
	case status >= 300:
		return ErrHostNotAllowed
	case code != "":
		return ErrInvalidConfig
	case status != 0 && status != http.StatusOK:
		return ErrMalformedResponse
	}
	return nil
}

// topics are the kinds' names in the headings of docs/troubleshooting.md.
var topics = []struct {
	kind error
	name string
}{
	{ErrInvalidConfig, "invalid-configuration"},
	{ErrInvalidCredentials, "credentials-rejected"},
	{ErrInvalidGrant, "grant-rejected"},
	{ErrRateLimited, "rate-limited"},
	{ErrUnavailable, "vendor-unavailable"},
	{ErrMalformedResponse, "malformed-response"},
	{ErrHostNotAllowed, "host-not-allowed"},
}

func (e *Error) topic() string {
	kind := e.kind()
	for _, t := range topics {
		if t.kind == kind {
			return t.name
		}
	}
	return ""
}

// oneLine replaces control characters and line breaks, on which terminals act, with spaces.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}

// retrieveError returns the same facts as x/oauth2's own type. Its Response has no Request, because
// the body of that would hold the secret.
func (e *Error) retrieveError() *oauth2.RetrieveError {
	header := e.Header
	if header == nil {
		header = http.Header{}
	}
	return &oauth2.RetrieveError{
		Response: &http.Response{
			Status:     strings.TrimSpace(strconv.Itoa(e.StatusCode) + " " + http.StatusText(e.StatusCode)),
			StatusCode: e.StatusCode,
			Proto:      "HTTP/1.1",
			ProtoMajor: 1,
			ProtoMinor: 1,
			Header:     header,
			Body:       http.NoBody,
		},
		ErrorCode:        e.Code,
		ErrorDescription: e.Description,
		ErrorURI:         e.URI,
	}
}

// A FieldError describes the problem with one field of a vendor's Config. An [ErrInvalidConfig]
// about fields wraps one FieldError for each: errors.As finds the first, [FieldErrors] all of them.
type FieldError struct {
	Field   string // the name of the Config's field, such as "ClientSecret"
	Env     string // its environment variable, such as VENDOR_CLIENT_SECRET
	Problem string // such as "is missing"; never the field's value
}

// Error names the field, its environment variable, and the problem.
func (e *FieldError) Error() string {
	if e.Env == "" {
		return e.Field + " " + e.Problem
	}
	return e.Field + " (" + e.Env + ") " + e.Problem
}

// FieldErrors returns every FieldError that err is or wraps, in the order in which they were found:
// first those of ConfigFromEnv, then those of Validate.
func FieldErrors(err error) []*FieldError {
	if f, ok := err.(*FieldError); ok {
		return []*FieldError{f}
	}
	var found []*FieldError
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		found = FieldErrors(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			found = append(found, FieldErrors(inner)...)
		}
	}
	return found
}

// newHostError makes the refusal of [origin.Rules] an *Error.
func newHostError(err error) *Error {
	e := &Error{Op: "authorize the request", Kind: ErrHostNotAllowed, Err: err}
	if r, ok := errors.AsType[*origin.Refusal](err); ok {
		e.Hint = r.Hint
	}
	return e
}
