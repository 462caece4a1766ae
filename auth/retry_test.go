package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is an API that answers with these steps in turn, and with 200 after the last.
type scripted struct {
	steps  []step
	bodies []string  // what it was sent
	tokens []string  // with which token
	left   []*bodyOf // the bodies of its answers
	times  []time.Duration
	start  time.Time
}

// step is one answer, or an error instead of it.
type step struct {
	status     int
	retryAfter string
	err        error
}

func (s *scripted) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.start.IsZero() {
		s.start = time.Now()
	}
	var sent []byte
	if req.Body != nil {
		sent, _ = io.ReadAll(req.Body)
		_ = req.Body.Close()
	}
	n := len(s.bodies)
	s.bodies = append(s.bodies, string(sent))
	s.tokens = append(s.tokens, strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "))
	s.times = append(s.times, time.Since(s.start))
	answer := step{status: http.StatusOK}
	if n < len(s.steps) {
		answer = s.steps[n]
	}
	if answer.err != nil {
		return nil, answer.err
	}
	body := &bodyOf{Reader: strings.NewReader(fmt.Sprintf("answer %d", n+1))}
	s.left = append(s.left, body)
	resp := &http.Response{StatusCode: answer.status, Header: http.Header{}, Body: body, Request: req}
	if answer.retryAfter != "" {
		resp.Header.Set("Retry-After", answer.retryAfter)
	}
	return resp, nil
}

func TestWithRetry_whatIsSentAgain(t *testing.T) {
	reset := &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	for _, tt := range []struct {
		name   string
		method string
		key    bool
		step   step
		again  bool
	}{
		{"429 with Retry-After", "POST", false, step{status: 429, retryAfter: "1"}, true},
		{"429 with Retry-After", "PATCH", false, step{status: 429, retryAfter: "1"}, true},
		{"429 with Retry-After", "GET", false, step{status: 429, retryAfter: "0"}, true},
		{"429 alone", "POST", false, step{status: 429}, false},
		{"429 alone", "POST", true, step{status: 429}, true},
		{"429 alone", "GET", false, step{status: 429}, true},
		{"502", "GET", false, step{status: 502}, true},
		{"502", "POST", false, step{status: 502}, false},
		{"503", "", false, step{status: 503}, true},
		{"503", "PUT", false, step{status: 503}, true},
		{"503", "POST", true, step{status: 503}, true},
		{"503 with Retry-After", "POST", false, step{status: 503, retryAfter: "1"}, false},
		{"504", "DELETE", false, step{status: 504}, true},
		{"504", "PATCH", false, step{status: 504}, false},
		{"504", "PATCH", true, step{status: 504}, true},
		{"a reset", "HEAD", false, step{err: reset}, true},
		{"a reset", "POST", false, step{err: reset}, false},
		{"a reset", "POST", true, step{err: reset}, true},
		{"a refused connection", "GET", false, step{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, true},
		{"an end", "OPTIONS", false, step{err: fmt.Errorf("x: %w", io.EOF)}, true},
		{"an early end", "TRACE", false, step{err: io.ErrUnexpectedEOF}, true},
		{"an idle connection", "DELETE", false, step{err: errors.New("http: server closed idle connection")}, true},
		{"a connection never made", "GET", false, step{err: errors.New("http2: client conn could not be established")}, true},
		{"a server that goes away", "GET", false, step{err: errors.New("http2: server sent GOAWAY and closed the connection; LastStreamID=1")}, true},
		{"a server that takes no stream", "GET", false, step{err: errors.New("http2: Transport received GOAWAY from server ErrCode:ENHANCE_YOUR_CALM")}, true},
		{"500", "GET", false, step{status: 500}, false},
		{"501", "GET", false, step{status: 501}, false},
		{"505", "GET", false, step{status: 505}, false},
		{"404", "GET", false, step{status: 404, retryAfter: "1"}, false},
		{"another error", "GET", false, step{err: errors.New("no such circuit")}, false},
		{"a timeout", "GET", false, step{err: &net.OpError{Op: "read", Err: timeoutError{}}}, false},
		{"a cancelled request", "GET", false, step{err: context.Canceled}, false},
		{"an Error", "GET", false, step{err: &Error{Kind: ErrHostNotAllowed, Err: io.EOF}}, false},
	} {
		t.Run(fmt.Sprintf("%s %s/key %t", tt.method, tt.name, tt.key), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &scripted{steps: []step{tt.step}}
				req := newRequest(t, "GET", "https://api.test", strings.NewReader("payload"))
				req.Method = tt.method
				if tt.key {
					req.Header.Set("Idempotency-Key", "k1")
				}
				resp, err := newSource(t, &mint{lifetime: time.Hour}, WithRetry(Retry{})).Transport(api).RoundTrip(req)
				if n := len(api.bodies); (n == 2) != tt.again || n > 2 {
					t.Fatalf("%d requests left", n)
				}
				for _, body := range api.bodies {
					if body != "payload" {
						t.Errorf("the API was sent %q", body)
					}
				}
				switch {
				case tt.again:
					if err != nil || resp.StatusCode != 200 || resp.Request != req {
						t.Errorf("got %v, %v", resp, err)
					}
				case tt.step.err != nil:
					if !errors.Is(err, tt.step.err) {
						t.Errorf("got %v", err)
					}
				default:
					if text, _ := io.ReadAll(resp.Body); err != nil || resp.StatusCode != tt.step.status || string(text) != "answer 1" {
						t.Errorf("got %v, %q, %v", resp, text, err)
					}
				}
			})
		})
	}
}

type timeoutError struct{}

func (timeoutError) Error() string { return "i/o timeout" }
func (timeoutError) Timeout() bool { return true }

func TestWithRetry_isOffByDefault(t *testing.T) {
	api := &scripted{steps: []step{{status: 429, retryAfter: "1"}}}
	resp, err := newSource(t, &mint{lifetime: time.Hour}).Transport(api).RoundTrip(newRequest(t, "GET", "https://api.test", nil))
	if err != nil || resp.StatusCode != 429 || len(api.bodies) != 1 {
		t.Errorf("got %v, %v after %d requests", resp, err, len(api.bodies))
	}
}

func TestWithRetry_stopsAfterItsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for attempts, want := range map[int]int{0: 3, 1: 1, 2: 2, 5: 5} {
			api := &scripted{steps: slices.Repeat([]step{{status: 503}}, 9)}
			s := newSource(t, &mint{lifetime: time.Hour}, WithRetry(Retry{Attempts: attempts}))
			resp, err := s.Transport(api).RoundTrip(newRequest(t, "GET", "https://api.test", nil))
			if err != nil || resp.StatusCode != 503 || len(api.bodies) != want {
				t.Errorf("%d attempts: got %v, %v after %d requests", attempts, resp, err, len(api.bodies))
			}
			for i, body := range api.left {
				last, unread := i == len(api.left)-1, body.Reader.(*strings.Reader).Len()
				if (body.closed.Load() == 0) != last || (unread > 0) != last {
					t.Errorf("%d attempts: body %d was closed %d times, with %d bytes unread", attempts, i+1, body.closed.Load(), unread)
				}
			}
			if text, _ := io.ReadAll(resp.Body); string(text) != fmt.Sprintf("answer %d", want) {
				t.Errorf("%d attempts: returned %q", attempts, text)
			}
		}
	})
}

func TestWithRetry_waits(t *testing.T) {
	for _, tt := range []struct {
		name        string
		retry       Retry
		steps       []step
		deadline    time.Duration
		from, until []time.Duration // when each request left, at least and at most
	}{
		{"longer each time", Retry{Attempts: 4}, []step{{status: 503}, {status: 503}, {status: 503}}, 0,
			[]time.Duration{0, 200 * time.Millisecond, 600 * time.Millisecond, 1400 * time.Millisecond},
			[]time.Duration{0, 400 * time.Millisecond, 1200 * time.Millisecond, 2800 * time.Millisecond}},
		{"as Retry-After asks", Retry{}, []step{{status: 429, retryAfter: "20"}}, 0,
			[]time.Duration{0, 20 * time.Second}, []time.Duration{0, 25 * time.Second}},
		{"MaxWait bounds the random part", Retry{MaxWait: 20 * time.Second}, []step{{status: 429, retryAfter: "20"}}, 0,
			[]time.Duration{0, 20 * time.Second}, []time.Duration{0, 20 * time.Second}},
		{"MaxWait bounds the steps", Retry{MaxWait: time.Millisecond}, []step{{status: 503}, {status: 503}}, 0,
			[]time.Duration{0, time.Millisecond, 2 * time.Millisecond}, []time.Duration{0, time.Millisecond, 2 * time.Millisecond}},
		{"Retry-After exceeds MaxWait", Retry{}, []step{{status: 429, retryAfter: "31"}}, 0,
			[]time.Duration{0}, []time.Duration{0}},
		{"Retry-After exceeds the deadline", Retry{}, []step{{status: 429, retryAfter: "20"}}, 20 * time.Second,
			[]time.Duration{0}, []time.Duration{0}},
		{"the wait exceeds the deadline", Retry{}, []step{{err: io.EOF}}, 200 * time.Millisecond,
			[]time.Duration{0}, []time.Duration{0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 20 { // the waits are random
				synctest.Test(t, func(t *testing.T) {
					api := &scripted{steps: tt.steps}
					ctx := t.Context()
					if tt.deadline > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, tt.deadline)
						defer cancel()
					}
					s := newSource(t, &mint{lifetime: time.Hour}, WithRetry(tt.retry))
					resp, err := s.Transport(api).RoundTrip(newRequest(t, "GET", "https://api.test", nil).WithContext(ctx))
					if len(api.times) != len(tt.from) {
						t.Fatalf("requests left at %v", api.times)
					}
					for i, at := range api.times {
						if at < tt.from[i] || at > tt.until[i] {
							t.Errorf("request %d left after %s, want %s to %s", i+1, at, tt.from[i], tt.until[i])
						}
					}
					if len(api.times) <= len(tt.steps) { // returned early, and at once
						last := tt.steps[len(api.times)-1]
						if time.Since(api.start) != api.times[len(api.times)-1] || !errors.Is(err, last.err) || (resp != nil && resp.StatusCode != last.status) {
							t.Errorf("got %v, %v after %s", resp, err, time.Since(api.start))
						}
					}
				})
			}
		})
	}
}

func TestWithRetry_aCallerThatLeavesGetsTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{steps: []step{{status: 429, retryAfter: "20"}}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		s := newSource(t, &mint{lifetime: time.Hour}, WithRetry(Retry{}))
		resp, err := s.Transport(api).RoundTrip(newRequest(t, "GET", "https://api.test", nil).WithContext(ctx))
		if err != nil || resp.StatusCode != 429 || time.Since(api.start) != time.Second {
			t.Fatalf("got %v, %v after %s", resp, err, time.Since(api.start))
		}
		if text, err := io.ReadAll(resp.Body); string(text) != "answer 1" || err != nil || len(api.bodies) != 1 {
			t.Errorf("got %q, %v after %d requests", text, err, len(api.bodies))
		}
	})
}

func TestWithRetry_bodiesThatCannotBeReadAgain(t *testing.T) {
	for name, getBody := range map[string]func() (io.ReadCloser, error){
		"no GetBody":      nil,
		"GetBody failing": func() (io.ReadCloser, error) { return nil, errors.New("gone") },
	} {
		synctest.Test(t, func(t *testing.T) {
			api := &scripted{steps: []step{{status: 503}}}
			body := &bodyOf{Reader: strings.NewReader("once")}
			req := newRequest(t, "PUT", "https://api.test", body)
			req.GetBody = getBody
			resp, err := newSource(t, &mint{lifetime: time.Hour}, WithRetry(Retry{})).Transport(api).RoundTrip(req)
			if err != nil || resp.StatusCode != 503 || len(api.bodies) != 1 || body.closed.Load() != 1 {
				t.Fatalf("%s: got %v, %v after %d requests", name, resp, err, len(api.bodies))
			}
			if text, _ := io.ReadAll(resp.Body); string(text) != "answer 1" {
				t.Errorf("%s: returned %q", name, text)
			}
		})
	}
}

// A 401 is no retry, and a call has one replay however often it is sent.
func TestWithRetry_and401(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &scripted{steps: []step{{status: 503}, {status: 401}, {status: 503}, {status: 401}}}
		r := &recorder{}
		s := newSource(t, &mint{lifetime: time.Hour}, WithRetry(Retry{}), WithObserver(r))
		resp, err := s.Transport(roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			// As if another call had succeeded with the token: a refused one is then replaced at once.
			s.current.Load().accepted.Store(true)
			return api.RoundTrip(req)
		})).RoundTrip(newRequest(t, "GET", "https://api.test", nil))
		if err != nil || resp.StatusCode != 401 || !slices.Equal(api.tokens, []string{"t1", "t1", "t2", "t2"}) {
			t.Errorf("got %v, %v with the tokens %v", resp, err, api.tokens)
		}
		if text, _ := io.ReadAll(resp.Body); string(text) != "answer 4" {
			t.Errorf("returned %q", text)
		}
		kinds := slices.DeleteFunc(r.kinds(), func(k EventKind) bool { return k != EventRetry && k != EventReplay })
		if !slices.Equal(kinds, []EventKind{EventRetry, EventReplay, EventRetry}) {
			t.Errorf("reported %v", kinds)
		}
	})
}

// While the API is down, the retries do not multiply the calls.
func TestWithRetry_budget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		sent := 0
		s := newSource(t, &mint{lifetime: 24 * time.Hour}, WithRetry(Retry{Attempts: 4, Budget: 5}))
		rt := s.Transport(roundTripperFunc(func(*http.Request) (*http.Response, error) {
			sent++
			if down {
				return &http.Response{StatusCode: 503, Body: http.NoBody}, nil
			}
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		}))
		other := s.Transport(rt.(*transport).base)
		call := func(rt http.RoundTripper, n int) int {
			sent = 0
			for range n {
				if _, err := rt.RoundTrip(newRequest(t, "GET", "https://api.test", nil)); err != nil {
					t.Error(err)
				}
			}
			return sent
		}
		if n := call(rt, 1); n != 4 {
			t.Errorf("the first call sent %d requests", n)
		}
		if n := call(other, 100); n != 102 {
			t.Errorf("100 further calls sent %d requests; the budget had 2 retries left", n)
		}
		down = false
		if n := call(rt, 15); n != 15 {
			t.Errorf("15 calls that succeed sent %d requests", n)
		}
		down = true
		if n := call(rt, 100); n != 101 {
			t.Errorf("100 calls sent %d requests; 15 successes pay for one retry", n)
		}
		down = false
		call(rt, 1000)
		down = true
		if n := call(rt, 100); n != 105 {
			t.Errorf("100 calls sent %d requests; the budget has 5 retries at most", n)
		}
	})
}

func TestWithRetry_event(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := &recorder{}
		api := &scripted{steps: []step{{status: 429, retryAfter: "2"}, {err: errors.Join(io.EOF, errors.New("sent t1"))}}}
		s := newSource(t, &mint{lifetime: time.Hour}, WithRetry(Retry{}), WithObserver(r), WithName("second"),
			WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		if _, err := s.Transport(api).RoundTrip(newRequest(t, "DELETE", "https://api.test", nil)); err != nil {
			t.Fatal(err)
		}
		events := slices.DeleteFunc(r.events, func(e Event) bool { return e.Kind != EventRetry })
		if len(events) != 2 {
			t.Fatalf("got %v", r.events)
		}
		first, second := events[0], events[1]
		if first.Op != "DELETE" || first.Name != "second" || first.Failures != 1 || first.Duration != api.times[1] || !errors.Is(first.Err, ErrRateLimited) {
			t.Errorf("got %+v", first)
		}
		if second.Failures != 2 || !errors.Is(second.Err, ErrUnavailable) || !errors.Is(second.Err, io.EOF) {
			t.Errorf("got %+v", second)
		}
		text := log.String()
		if !strings.Contains(text, "level=WARN") || !strings.Contains(text, "event=retry") || !strings.Contains(text, "op=DELETE") ||
			!strings.Contains(text, "status=429") || strings.Contains(text, "sent t1") {
			t.Errorf("logged %s", text)
		}
	})
}

func TestWithRetry_negativeValues(t *testing.T) {
	for _, r := range []Retry{{Attempts: -1}, {MaxWait: -1}, {Budget: -1}} {
		if _, err := NewTokenSource(&mint{}, WithRetry(r)); !errors.Is(err, ErrInvalidConfig) || !strings.Contains(err.Error(), "WithRetry") {
			t.Errorf("%+v: got %v", r, err)
		}
	}
}

// What net/http says when a server aborts an answer, in both versions of HTTP.
func TestWithRetry_abortedByARealServer(t *testing.T) {
	for _, version := range []int{1, 2} {
		var asked atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if asked.Add(1) == 1 {
				panic(http.ErrAbortHandler)
			}
		}))
		server.EnableHTTP2 = version == 2
		server.StartTLS()
		s := newSource(t, &mint{lifetime: time.Hour}, WithHTTPClient(server.Client()), WithRetry(Retry{MaxWait: time.Millisecond}))
		if status, _ := do(t, s.Client(), newRequest(t, "DELETE", server.URL, nil)); status != 200 || asked.Load() != 2 {
			t.Errorf("HTTP/%d: got %d after %d requests", version, status, asked.Load())
		}
		server.Close()
	}
}
