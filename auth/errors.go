package auth

import (
	"bytes"
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

	"golang.org/x/oauth2"

	finsdk "github.com/finsdk/finsdk-go"
)

// The kinds of failure, for errors.Is. Every error of this module that concerns a token matches at least one
// of them, except where the caller's own context ended before the vendor answered.
var (
	// ErrInvalidConfig: a field is missing or malformed (found before any traffic), or the vendor refused the
	// request in a way that only another configuration can mend: an unknown realm, scope or grant, or any other
	// 4xx that is not named below.
	ErrInvalidConfig = errors.New("invalid configuration")
	// ErrInvalidCredentials: the vendor does not accept the client id, the secret, the user or the password. A 401
	// or 403 is that whatever its body, an HTML page or nothing included: so a caller who is not on a vendor's
	// whitelist is answered. The same credentials are not sent again before a pause has passed (see [TokenSource]).
	ErrInvalidCredentials = errors.New("credentials rejected")
	// ErrInvalidGrant: RFC 6749 section 5.2 invalid_grant. A refresh token that has ended, or a rejected
	// password, which is ErrInvalidCredentials at the same time.
	ErrInvalidGrant = errors.New("grant rejected")
	// ErrRateLimited: the vendor asks for fewer requests (status 429). See Error.RetryAfter.
	ErrRateLimited = errors.New("rate limited")
	// ErrUnavailable: the vendor did not answer, or answered with what a fault or an intermediary leaves: 5xx, a
	// reset connection, and HTML or an empty body under a 2xx or 4xx other than 401 and 403 (ErrInvalidCredentials)
	// and 429 (ErrRateLimited). Trying again later is right.
	ErrUnavailable = errors.New("vendor unavailable")
	// ErrMalformedResponse: the vendor answered, but with nothing that can be used as a token.
	ErrMalformedResponse = errors.New("malformed response")
	// ErrHostNotAllowed: a credential was about to go where it must not: the token to a host that is not the
	// vendor's API, or over plain http, or the secret after a redirect.
	ErrHostNotAllowed = errors.New("host not allowed")
)

// Error is what every failure of this module is, or wraps. Nothing in it is a secret: what the vendor said is
// redacted before it gets here, and every way of printing an Error prints what [Error.Error] returns.
//
// It unwraps to its cause and, when the vendor answered, to an *oauth2.RetrieveError with the same (redacted)
// facts, for handlers written for x/oauth2.
//
// An Error built outside this module, by a custom Grant, may leave Kind nil: it then follows from StatusCode
// and Code.
type Error struct {
	Vendor      string        // which vendor, by the name of its package, or what WithName set
	Op          string        // what was tried: "client_credentials grant", "refresh_token grant", "authorize the request"
	Kind        error         // one of the Err… values of this package; nil: follows from StatusCode and Code
	StatusCode  int           // HTTP status of the vendor's answer; 0 when there was none
	Code        string        // RFC 6749 section 5.2 error code, or the vendor's own; may be empty
	Description string        // what the vendor said, redacted and shortened
	URI         string        // RFC 6749 section 5.2 error_uri, redacted and shortened; may be empty
	Hint        string        // what to do next
	Help        string        // URL of the page that explains failures, up to the kind's name ("…#"); "" is this module's page
	RetryAfter  time.Duration // how long to wait before trying again; 0 when nobody said
	Transient   bool          // sending the same request later may succeed, even where Kind is not ErrUnavailable
	Header      http.Header   // of the answer, only the names that are safe to show; may be nil
	Body        []byte        // start of the answer, redacted, at most 4 KiB; may be nil
	Err         error         // the cause; may be nil

	clean  bool  // the secrets have been taken out
	spent  bool  // the request has used up its whole timeout
	ended  error // the caller's context did so, whatever had failed before
	broken bool  // the Grant itself is at fault: asking it again within the same call is no use
}

// Error says which vendor, what was tried, what came back and what to do next, in one line.
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
		// errors.Join, which a Grant may use, writes a line for each.
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

// Is reports whether target is this failure's kind. Some failures are of two kinds: a rejected password is
// ErrInvalidCredentials and ErrInvalidGrant, an HTML page in place of a token ErrMalformedResponse and
// ErrUnavailable.
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

// Timeout reports whether the failure was that time ran out, as net.Error has it.
func (e *Error) Timeout() bool {
	if e.ended != nil {
		return errors.Is(e.ended, context.DeadlineExceeded)
	}
	return timedOut(e.Err)
}

// Temporary reports whether sending the same request later may succeed.
func (e *Error) Temporary() bool {
	kind := e.kind()
	return e.Transient || kind == ErrUnavailable || kind == ErrRateLimited
}

// Format prints the same text for every verb: the fields hold nothing more, and %#v would bypass Error.
func (e *Error) Format(f fmt.State, verb rune) {
	if verb == 'q' {
		_, _ = io.WriteString(f, strconv.Quote(e.Error()))
		return
	}
	_, _ = io.WriteString(f, e.Error())
}

// MarshalText makes encoders such as encoding/json write the same text too.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// LogValue gives log/slog the parts that a dashboard groups by.
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

// KindOf classifies an answer of a token endpoint by its OAuth error code and, where that says nothing, by its
// status. The code comes first: Keycloak moved the answer to a wrong password from 401 to 400 in 26.6. It
// returns nil for a success without a code.
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

// topic is the kind's name in the headings of docs/troubleshooting.md.
func (e *Error) topic() string {
	switch e.kind() {
	case ErrInvalidConfig:
		return "invalid-configuration"
	case ErrInvalidCredentials:
		return "credentials-rejected"
	case ErrInvalidGrant:
		return "grant-rejected"
	case ErrRateLimited:
		return "rate-limited"
	case ErrUnavailable:
		return "vendor-unavailable"
	case ErrMalformedResponse:
		return "malformed-response"
	case ErrHostNotAllowed:
		return "host-not-allowed"
	}
	return ""
}

// retrieveError repeats the facts in x/oauth2's own type. Its Response carries no request, whose body would
// hold the secret.
func (e *Error) retrieveError() *oauth2.RetrieveError {
	header := e.Header
	if header == nil {
		header = http.Header{}
	}
	return &oauth2.RetrieveError{
		Response: &http.Response{
			Status:        strings.TrimSpace(strconv.Itoa(e.StatusCode) + " " + http.StatusText(e.StatusCode)),
			StatusCode:    e.StatusCode,
			Proto:         "HTTP/1.1",
			ProtoMajor:    1,
			ProtoMinor:    1,
			Header:        header,
			Body:          io.NopCloser(bytes.NewReader(e.Body)),
			ContentLength: int64(len(e.Body)),
		},
		Body:             e.Body,
		ErrorCode:        e.Code,
		ErrorDescription: e.Description,
		ErrorURI:         e.URI,
	}
}
