package auth

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"testing"
	"testing/synctest"
	"time"
)

// refusedOnce has one token, which an API refuses, and gets no other.
func refusedOnce(t *testing.T, opts ...Option) *TokenSource {
	return newSource(t, &mint{lifetime: time.Hour, before: failing(2, 99, &Error{StatusCode: 503})}, opts...)
}

// What net/http adds to a response while its body is read is not added while somebody else looks at it.
func TestReturned401GetsItsTrailersFromWhoeverReadsIt(t *testing.T) {
	for _, version := range []int{1, 2} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "Announced")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "because")
			w.(http.Flusher).Flush()
			w.Header().Set("Announced", "1")
			w.Header().Set(http.TrailerPrefix+"Late", "2")
		}))
		server.EnableHTTP2 = version == 2
		server.StartTLS()
		for range 10 {
			resp, err := refusedOnce(t, WithHTTPClient(server.Client())).Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			for range 100 { // races with reading ahead, if there is a race
				_, _ = httputil.DumpResponse(resp, false)
			}
			text, err := io.ReadAll(resp.Body)
			if err != nil || string(text) != "because" || resp.ProtoMajor != version {
				t.Errorf("HTTP/%d: %q, %v", resp.ProtoMajor, text, err)
			}
			if resp.Trailer.Get("Announced") != "1" || resp.Trailer.Get("Late") != "2" {
				t.Errorf("HTTP/%d: trailers %v", version, resp.Trailer)
			}
			resp.Body.Close()
		}
		server.Close()
	}
}

// A 401 that is a stream can be read as it comes, and closed at any time.
func TestReturned401CanBeReadAsItComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body, w := io.Pipe()
		resp, err := refusedOnce(t).Transport(refusing(body)).RoundTrip(newRequest(t, http.MethodGet, "https://api.test", nil))
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.WriteString(w, "first") }()
		p := make([]byte, 100)
		if n, err := resp.Body.Read(p); string(p[:n]) != "first" || err != nil {
			t.Errorf("got %q, %v", p[:n], err)
		}
		time.AfterFunc(time.Second/10, func() { _ = resp.Body.Close() })
		start := time.Now()
		if n, err := resp.Body.Read(p); n != 0 || !errors.Is(err, http.ErrBodyReadAfterClose) || time.Since(start) != time.Second/10 {
			t.Errorf("closed meanwhile: %d, %v after %v", n, err, time.Since(start))
		}
		time.Sleep(2 * drainTime)
		if _, err := io.WriteString(w, "late"); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the body is still open: %v", err)
		}
	})
}

type panickingClose struct{ io.Reader }

func (panickingClose) Close() error { panic("close") }

func TestPanicOfABodysCloseReachesItsCallerOrNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe, w := io.Pipe()
		resp, err := refusedOnce(t).Transport(refusing(panickingClose{pipe})).RoundTrip(newRequest(t, http.MethodGet, "https://api.test", nil))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		time.Sleep(2 * drainTime) // the process lives
		_ = w.Close()

		resp, err = refusedOnce(t).Transport(refusing(panickingClose{http.NoBody})).RoundTrip(newRequest(t, http.MethodGet, "https://api.test", nil))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		defer func() {
			if recover() != "close" {
				t.Error("the panic did not reach the caller")
			}
		}()
		_ = resp.Body.Close()
	})
}
