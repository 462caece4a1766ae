package spec

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
)

// Handler passes requests on to next and answers back unchanged, and checks both. It does not check
// requests for other servers.
func (c *Checker) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var document *Document
		for _, d := range c.Documents {
			if d.serves(r.URL.Path) {
				document = d
			}
		}
		if document == nil {
			next.ServeHTTP(w, r)
			return
		}
		// The checker needs the request later, and next may read only a part of it, or change it.
		sent, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return // the caller has gone
		}
		before := r.Clone(r.Context())
		r.Body = body{io.MultiReader(bytes.NewReader(sent), r.Body), r.Body}
		copied := &writer{ResponseWriter: w}
		finished := false
		defer func() {
			a := answer{status: copied.status, header: copied.header, body: copied.body.Bytes(), broken: !finished || copied.hijacked || copied.endless}
			c.Report(document.check(before, sent, a))
		}()
		next.ServeHTTP(copied, r)
		if copied.status == 0 && !copied.hijacked {
			copied.WriteHeader(http.StatusOK)
		}
		finished = true
	})
}

// maxBody is far larger than any documented body. A longer one passes without a complete check.
const maxBody = 2 << 20

// body is a request's body whose beginning has already been read.
type body struct {
	io.Reader
	io.Closer
}

// writer keeps a copy of what it writes.
type writer struct {
	http.ResponseWriter
	status   int
	header   http.Header
	body     bytes.Buffer
	hijacked bool
	endless  bool // too long to keep
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status, w.header = status, w.Header().Clone()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if _, said := w.header["Content-Type"]; !said && w.body.Len() == 0 && len(p) > 0 {
		w.header.Set("Content-Type", http.DetectContentType(p)) // as net/http does for the client
	}
	n, err := w.ResponseWriter.Write(p)
	if w.body.Len() > maxBody {
		w.endless = true
		return n, err
	}
	w.body.Write(p[:n])
	return n, err
}

// Flush is for handlers that look for an http.Flusher.
func (w *writer) Flush() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack is for faults that break connections.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.hijacked = true
	return http.NewResponseController(w.ResponseWriter).Hijack()
}
