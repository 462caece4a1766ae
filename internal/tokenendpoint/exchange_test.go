package tokenendpoint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

const limit = 1 << 20

func TestBody_ofExactlyTheLimitIsRead(t *testing.T) {
	pad := strings.Repeat("x", limit-len(`{"access_token":"abc","expires_in":900,"pad":""}`))
	for name, tt := range map[string]struct {
		body string
		ok   bool
	}{
		"1 MiB":              {`{"access_token":"abc","expires_in":900,"pad":"` + pad + `"}`, true},
		"1 MiB and one byte": {`{"access_token":"abc","expires_in":900,"pad":"` + pad + `x"}`, false},
		"a blank more":       {`{"access_token":"abc","expires_in":900,"pad":"` + pad + `"} `, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, e := answered(t, vendortest.Answer(200, tt.body))
			if tt.ok != (e == nil) {
				t.Fatalf("got %v", e)
			}
			if e != nil && (!errors.Is(e, auth.ErrMalformedResponse) || !strings.Contains(e.Error(), "larger than 1 MiB")) {
				t.Errorf("got %v", e)
			}
		})
	}
}

func TestBody_thatNeverEndsIsReadToTheLimit(t *testing.T) {
	for _, status := range []int{200, 400, 401, 503} {
		var written atomic.Int64
		done := make(chan struct{})
		tok, e := answered(t, func(w http.ResponseWriter, _ *http.Request) {
			defer close(done)
			w.WriteHeader(status)
			for {
				n, err := io.WriteString(w, `{"access_token":`+strings.Repeat(secret, 1000))
				if err != nil {
					return
				}
				written.Add(int64(n))
			}
		})
		<-done
		if e == nil {
			t.Fatalf("got %v", tok)
		}
		// The reader stops at its limit. Beyond that, the server can only fill the kernel's
		// buffers.
		if n := written.Load(); n > 64<<20 {
			t.Errorf("%d: the server could write %d MiB", status, n>>20)
		}
		want := map[int]error{200: auth.ErrMalformedResponse, 400: auth.ErrInvalidConfig, 401: auth.ErrInvalidCredentials, 503: auth.ErrUnavailable}[status]
		if !errors.Is(e, want) || !strings.Contains(e.Error(), "larger than 1 MiB") {
			t.Errorf("%d: got %v", status, e)
		}
	}
}

// slowBody returns one byte a second, or none, and ignores the context.
type slowBody struct {
	closed chan struct{}
	once   atomic.Bool
	silent bool
}

func (b *slowBody) Read(p []byte) (int, error) {
	wait := time.After(time.Second)
	if b.silent {
		wait = nil
	}
	select {
	case <-wait:
		p[0] = ' '
		return 1, nil
	case <-b.closed:
		return 0, errors.New("read on a closed body")
	}
}

func (b *slowBody) Close() error {
	if b.once.Swap(true) {
		panic("closed twice")
	}
	close(b.closed)
	return nil
}

func TestBody_thatTricklesEndsWithTheContext(t *testing.T) {
	for _, silent := range []bool{false, true} {
		for _, status := range []int{200, 400, 503} {
			t.Run(fmt.Sprint(status, silent), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					body := &slowBody{closed: make(chan struct{}), silent: silent}
					client := &http.Client{Transport: vendortest.RoundTrip(func(r *httpRequest) (*httpResponse, error) {
						return &httpResponse{StatusCode: status, Header: http.Header{}, Body: body, Request: r}, nil
					})}
					ctx, cancel := context.WithTimeout(vendortest.With(t, client), 10*time.Second)
					defer cancel()
					start := time.Now()
					_, err := ask(ctx, "https://auth.example")
					if !errors.Is(err, auth.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
						t.Errorf("after %s: %v", time.Since(start), err)
					}
					var late net.Error
					if !errors.As(err, &late) || !late.Timeout() {
						t.Errorf("no timeout: %v", err)
					}
					if !body.once.Load() {
						t.Error("the body was left open")
					}
				})
			})
		}
	}
}

func TestCallersCancellationEndsTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(vendortest.With(t, vendortest.Silent()))
		time.AfterFunc(time.Second, cancel)
		if _, err := ask(ctx, "https://auth.example"); !errors.Is(err, context.Canceled) || !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	})
}

// raw serves one connection with answer, then closes it, with a TCP reset if reset is set.
func raw(t *testing.T, answer string, reset bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			_, _ = conn.Read(buf)
			_, _ = io.WriteString(conn, answer)
			if reset {
				_ = conn.(*net.TCPConn).SetLinger(0)
			}
			_ = conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestBody_cutShortIsTransient(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	for name, tt := range map[string]struct {
		answer string
		reset  bool
		kind   error
		status int
	}{
		"nothing":                     {"", false, auth.ErrUnavailable, 0},
		"reset at once":               {"", true, auth.ErrUnavailable, 0},
		"half a header":               {"HTTP/1.1 200 OK\r\nContent-Ty", false, auth.ErrUnavailable, 0},
		"no HTTP":                     {"SSH-2.0-OpenSSH client_secret=" + secret + "\r\n", false, auth.ErrUnavailable, 0},
		"status that is none":         {"HTTP/1.1 " + secret + " OK\r\n\r\n", false, auth.ErrUnavailable, 0},
		"header that is none":         {"HTTP/1.1 200 OK\r\n" + secret + "\r\n\r\n", false, auth.ErrUnavailable, 0},
		"shorter than its length":     {head + "Content-Length: 500\r\n\r\n" + good[:30], false, auth.ErrUnavailable, 0},
		"reset in the body":           {head + "Content-Length: 500\r\n\r\n" + good[:30], true, auth.ErrUnavailable, 0},
		"complete but for its length": {head + "Content-Length: 500\r\n\r\n" + good, false, auth.ErrUnavailable, 0},
		"chunk cut":                   {head + "Transfer-Encoding: chunked\r\n\r\n40\r\n" + good[:30], false, auth.ErrUnavailable, 0},
		"chunk size that is none":     {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + secret, false, auth.ErrUnavailable, 0},
		"401 cut":                     {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 500\r\n\r\n{\"error\":", false, auth.ErrInvalidCredentials, 401},
		"400 cut":                     {"HTTP/1.1 400 Bad Request\r\nContent-Length: 500\r\n\r\n{\"error\":\"invalid_cl", false, auth.ErrUnavailable, 400},
		"429 cut":                     {"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 500\r\n\r\n", false, auth.ErrRateLimited, 429},
		"503 cut":                     {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 500\r\n\r\n<html>", true, auth.ErrUnavailable, 503},
		"HTML 200 cut":                {"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<html>", false, auth.ErrUnavailable, 200},
		"too long a header":           {head + "X: " + strings.Repeat("x", 128<<10) + "\r\n\r\n", false, auth.ErrUnavailable, 0},
		"two answers":                 {head + "Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n\r\n", false, auth.ErrMalformedResponse, 200},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t.Context(), raw(t, tt.answer, tt.reset))
			var e *auth.Error
			if !errors.As(err, &e) || !errors.Is(err, tt.kind) || e.StatusCode != tt.status {
				t.Errorf("got %v, want %v with status %d", err, tt.kind, tt.status)
			}
			vendortest.NoLeak(t, "failure", err, secret)
		})
	}
}

func TestRedirect_isRefused(t *testing.T) {
	elsewhere := vendortest.New(t, vendortest.Answer(200, good))
	for _, status := range []int{300, 301, 302, 303, 307, 308} {
		for name, location := range map[string]string{
			"elsewhere": elsewhere.URL + "/token?client_secret=" + secret,
			"the same":  "/token",
			"none":      "",
			"no URL":    "https://%zz" + secret,
			"user name": "https://user:" + secret + "@login.vendor.test/",
			"protocol":  "//login.vendor.test/" + secret,
		} {
			t.Run(fmt.Sprint(status, " ", name), func(t *testing.T) {
				vendor := vendortest.New(t, func(w http.ResponseWriter, _ *http.Request) {
					if location != "" {
						w.Header()["Location"] = []string{location}
					}
					w.WriteHeader(status)
				})
				_, err := ask(t.Context(), vendor.URL)
				vendortest.WantFailure(t, err, "test", "client_credentials grant", auth.ErrHostNotAllowed, "check AuthURL")
				vendortest.NoLeak(t, "failure", err, secret)
				want := map[string]string{"elsewhere": elsewhere.URL[len("http://"):], "user name": "login.vendor.test", "protocol": "login.vendor.test"}[name]
				if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "?") {
					t.Errorf("got %v, want it to name %q alone", err, want)
				}
				vendor.Only(t)
			})
		}
	}
	if n := len(elsewhere.Requests()); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

func TestClientIsTakenFromTheContextAndHardened(t *testing.T) {
	used := false
	client := vendortest.Stub(200, good)
	inner := client.Transport
	client.Transport = vendortest.RoundTrip(func(r *httpRequest) (*httpResponse, error) {
		used = true
		if r.Header.Get("Accept") != "application/json" || r.Header.Get("User-Agent") != "finsdk-go/"+finsdk.Version || r.Header.Get("Cookie") != "" {
			t.Errorf("header %v", r.Header)
		}
		return inner.RoundTrip(r)
	})
	client.CheckRedirect = func(*http.Request, []*http.Request) error { t.Error("the caller's CheckRedirect ran"); return nil }
	if _, err := ask(vendortest.With(t, client), "https://auth.example"); err != nil || !used {
		t.Errorf("used %t, %v", used, err)
	}
}

func TestSend_roundTripperMayRewriteItsRequest(t *testing.T) {
	endpoint, err := http.NewRequest(http.MethodPost, "https://auth.example/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	tokenendpoint.SetHeader(endpoint)
	client := vendortest.Stub(200, good)
	inner := client.Transport
	client.Transport = vendortest.RoundTrip(func(r *httpRequest) (*httpResponse, error) {
		if r.URL.String() != "https://auth.example/token" || r.Header.Get("Accept") != "application/json" {
			t.Errorf("%s, header %v", r.URL, r.Header)
		}
		r.URL.Scheme, r.URL.Host, r.URL.Path = "http", "gateway.example", "/vendor"+r.URL.Path
		r.Header.Del("Accept")
		return inner.RoundTrip(r)
	})
	x := &tokenendpoint.Exchange{Vendor: "test", Op: "op"}
	for range 2 {
		if _, err := x.Send(vendortest.With(t, client), endpoint, tokenendpoint.FormType, ""); err != nil {
			t.Error(err)
		}
	}
}

func TestSend_answerWithoutAStatusIsNone(t *testing.T) {
	for _, status := range []int{-1, 0, 99, 1000} {
		body := &slowBody{closed: make(chan struct{})}
		client := &http.Client{Transport: vendortest.RoundTrip(func(*httpRequest) (*httpResponse, error) {
			return &httpResponse{StatusCode: status, Body: body}, nil
		})}
		_, err := ask(vendortest.With(t, client), "https://auth.example")
		if !errors.Is(err, auth.ErrUnavailable) || !strings.Contains(err.Error(), fmt.Sprintf("the answer has the status %d,", status)) || !body.once.Load() {
			t.Errorf("%d: got %v", status, err)
		}
	}
}

// The error of net/http quotes what an HTTP/2 server says when it goes away.
func TestBody_errorQuotesNoServer(t *testing.T) {
	for _, status := range []int{200, 401, 503} {
		client := &http.Client{Transport: vendortest.RoundTrip(func(*httpRequest) (*httpResponse, error) {
			body := iotest.ErrReader(errors.New(`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug="issued tok-1234567890"`))
			return &httpResponse{StatusCode: status, Body: io.NopCloser(body)}, nil
		})}
		_, err := ask(vendortest.With(t, client), "https://auth.example")
		if err == nil || !strings.Contains(err.Error(), "sent GOAWAY") || strings.Contains(err.Error(), "tok-") {
			t.Errorf("%d: got %v", status, err)
		}
	}
}
