package wire

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"
)

// FailureBody returns body, which may quote a secret, with a method Redact that calls redact. The
// typed clients' errors use it.
func FailureBody(body io.ReadCloser, redact func(text string) string) io.ReadCloser {
	return &failureBody{body, body.Close, redact}
}

type failureBody struct {
	io.Reader
	close func() error
	hide  func(string) string
}

// Close implements io.Closer.
func (b *failureBody) Close() error { return b.close() }

// Redact returns text without the secret.
func (b *failureBody) Redact(text string) string { return b.hide(text) }

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
