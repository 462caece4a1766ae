package finsdk

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Kinds of answers of a vendor's API, for errors.Is.
var (
	ErrBadRequest      = errors.New("bad request")           // 400, or an argument is invalid and nothing was sent
	ErrUnauthorized    = errors.New("unauthorized")          // 401
	ErrForbidden       = errors.New("forbidden")             // 403
	ErrNotFound        = errors.New("not found")             // 404
	ErrConflict        = errors.New("conflict")              // 409
	ErrUnprocessable   = errors.New("unprocessable content") // 422
	ErrTooManyRequests = errors.New("too many requests")     // 429
	ErrServer          = errors.New("server error")          // 5xx
	// ErrMalformedResponse: the API reported success, but its answer is not what the vendor
	// documents, or did not arrive whole. The call may have had its effect.
	ErrMalformedResponse = errors.New("malformed response")
)

// An APIError says how a call of a vendor's API failed. A call returns one, and so does the Err
// method of a typed response, unless the API answered with the documented success. The StatusCode
// is 0 if there was no answer, because none came or nothing was sent.
//
// It holds no secret. Each text of the API's answer is redacted and cut to one sentence, and every
// way to print an APIError prints the text of [APIError.Error].
type APIError struct {
	Vendor         string        // the name of the vendor's package
	Operation      string        // the operation's name in the vendor's document, and in Go
	StatusCode     int           // the status of the answer; 0 if there was none
	Code           string        // the vendor's error code; may be empty
	Message        string        // the vendor's explanation, for people; may be empty
	RequestID      string        // what the vendor's support asks for; may be empty
	Fields         []FieldError  // the fields that the vendor does not accept
	Upstream       *Upstream     // what a provider behind the vendor said; may be nil
	RetryAfter     time.Duration // how long to wait before trying again, at most an hour; 0 if the vendor did not say
	Hint           string        // what to do next
	IdempotencyKey string        // send it again to repeat the call without repeating its effect; may be empty
	Err            error         // the cause; may be nil
}

// A FieldError is a field of a request that a vendor does not accept.
type FieldError struct {
	Field   string // as the vendor names it
	Code    string // may be empty
	Message string // for people
}

// Upstream is what a provider behind a vendor answered to the vendor, such as a tax portal.
type Upstream struct {
	Provider, Code, Message string
}

// Error says in one line which call failed, how, and what to do next.
func (e *APIError) Error() string {
	var b strings.Builder
	b.WriteString(e.Vendor + ": " + e.Operation)
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, ": the API answered %d", e.StatusCode)
		if text := http.StatusText(e.StatusCode); text != "" {
			b.WriteString(" " + text)
		}
	}
	b.WriteString(said(e.Code, e.Message))
	for i, f := range e.Fields {
		if i == 5 {
			fmt.Fprintf(&b, "; and %d more", len(e.Fields)-i)
			break
		}
		b.WriteString("; " + strings.TrimLeft(f.Field+said(f.Code, f.Message), ": "))
	}
	if u := e.Upstream; u != nil {
		b.WriteString("; ")
		if u.Provider == "" {
			b.WriteString("upstream")
		}
		b.WriteString(u.Provider + said(u.Code, u.Message))
	}
	if e.Err != nil {
		// The cause may name the vendor itself, as an auth.Error does.
		b.WriteString(": " + strings.TrimPrefix(e.Err.Error(), e.Vendor+": "))
	}
	if e.RequestID != "" {
		b.WriteString("; request " + e.RequestID)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, "; retry after %s", e.RetryAfter.Round(time.Second/10))
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, b.String())
}

// said returns a code and an explanation, as an error prints them after a name.
func said(code, message string) string {
	if code != "" {
		code = " (" + code + ")"
	}
	if message != "" {
		message = ": " + strconv.Quote(message)
	}
	return code + message
}

// Is reports whether target is the error of this package for e's status.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrBadRequest:
		return e.StatusCode == http.StatusBadRequest
	case ErrUnauthorized:
		return e.StatusCode == http.StatusUnauthorized
	case ErrForbidden:
		return e.StatusCode == http.StatusForbidden
	case ErrNotFound:
		return e.StatusCode == http.StatusNotFound
	case ErrConflict:
		return e.StatusCode == http.StatusConflict
	case ErrUnprocessable:
		return e.StatusCode == http.StatusUnprocessableEntity
	case ErrTooManyRequests:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrServer:
		return e.StatusCode >= 500
	case ErrMalformedResponse:
		return e.StatusCode > 0 && e.StatusCode < 400
	}
	return false
}

// Unwrap returns the cause. It is an *auth.Error if the call got no token, or none to replace the
// one that the API refused with 401.
func (e *APIError) Unwrap() error { return e.Err }

// Format prints the same text for every verb.
func (e *APIError) Format(f fmt.State, verb rune) {
	text := e.Error()
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(f, text)
}

// MarshalText returns the text of Error, for encoders such as encoding/json.
func (e *APIError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// LogValue returns a group with the facts that dashboards filter by, for log/slog.
func (e *APIError) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("msg", e.Error()), slog.String("vendor", e.Vendor), slog.String("operation", e.Operation)}
	add := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, value))
		}
	}
	if e.StatusCode != 0 {
		attrs = append(attrs, slog.Int("status", e.StatusCode))
	}
	add("code", e.Code)
	add("request_id", e.RequestID)
	add("idempotency_key", e.IdempotencyKey)
	if e.RetryAfter > 0 {
		attrs = append(attrs, slog.Duration("retry_after", e.RetryAfter))
	}
	return slog.GroupValue(attrs...)
}
