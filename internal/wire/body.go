package wire

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"
)

// FailureBody returns body, which may quote a secret, with a method Redact that calls redact, and a
// method Cause. The typed clients' errors use them.
func FailureBody(body io.ReadCloser, redact func(text string) string) io.ReadCloser {
	return &failureBody{body, body.Close, redact, nil}
}

type failureBody struct {
	io.Reader
	close func() error
	hide  func(string) string
	cause error
}

// Close implements io.Closer.
func (b *failureBody) Close() error { return b.close() }

// Redact returns text without the secret.
func (b *failureBody) Redact(text string) string { return b.hide(text) }

// Cause returns the error of SetCause, or nil.
func (b *failureBody) Cause() error { return b.cause }

// SetCause says why the request of resp, which has a [FailureBody], was not sent again.
func SetCause(resp *http.Response, err error) {
	if body, ok := resp.Body.(*failureBody); ok { // http.Client allows a nil body
		body.cause = err
	}
}

// The limits of ReadAhead.
const (
	ReadAheadSize = 64 << 10
	ReadAheadTime = time.Second
)

// ReadAhead reads the [FailureBody] of resp to free its connection, at most [ReadAheadSize] bytes
// and for at most [ReadAheadTime]. A body that takes longer is cut off. Readers of resp then get
// the bytes read ahead, followed by the rest.
func ReadAhead(resp *http.Response) {
	body, ok := resp.Body.(*failureBody)
	if !ok { // http.Client allows a nil body
		return
	}
	body.close = sync.OnceValue(body.close)
	late := time.AfterFunc(ReadAheadTime, func() { _ = body.close() })
	rest := body.Reader
	read, err := io.ReadAll(io.LimitReader(rest, ReadAheadSize))
	late.Stop()
	if err != nil {
		rest = readerFunc(func([]byte) (int, error) { return 0, err })
	}
	body.Reader = io.MultiReader(bytes.NewReader(read), rest)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
