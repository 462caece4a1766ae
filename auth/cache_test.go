package auth

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

func TestToken_coldCallersMakeOneRequest(t *testing.T) {
	for _, latency := range []time.Duration{0, time.Nanosecond, time.Second} {
		t.Run(latency.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &mint{lifetime: quarterHour, latency: latency}
				s := newSource(t, m)
				tokens, errs := together(1000, func(int) (*oauth2.Token, error) { return s.TokenContext(t.Context()) })
				if tokens["t1"] != 1000 || errs != nil {
					t.Errorf("got %v, %v", tokens, errs)
				}
				m.want(t, 1)
			})
		})
	}
}

func TestToken_refreshWindowReturnsTheOldTokenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: quarterHour, latency: time.Second}
		s := newSource(t, m)
		wantToken(t, s, "t1")
		time.Sleep(quarterHour - 50*time.Second)
		before := time.Now()
		tokens, errs := together(200, func(int) (*oauth2.Token, error) { return s.TokenContext(t.Context()) })
		if tokens["t1"] != 200 || errs != nil || time.Since(before) != 0 {
			t.Errorf("got %v, %v after %s; want the old token without a wait", tokens, errs, time.Since(before))
		}
		time.Sleep(2 * time.Second)
		tokens, _ = together(200, func(int) (*oauth2.Token, error) { return s.TokenContext(t.Context()) })
		if tokens["t2"] != 200 {
			t.Errorf("after the renewal got %v, want t2", tokens)
		}
		m.want(t, 2)
	})
}

func TestToken_failedRenewalKeepsTheOldTokenAndBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Hour, before: failing(2, 6, &Error{StatusCode: 503})}
		s := newSource(t, m, WithRefreshWindow(10*time.Minute))
		wantToken(t, s, "t1")
		time.Sleep(51 * time.Minute)
		start, seen := time.Now(), int64(1)
		var attempts []time.Duration
		for range 3000 { // 5 minutes, a call every 100 ms
			wantToken(t, s, map[bool]string{true: "t1", false: "t7"}[m.calls.Load() < 7])
			synctest.Wait()
			if n := m.calls.Load(); n != seen {
				seen = n
				attempts = append(attempts, time.Since(start))
			}
			time.Sleep(100 * time.Millisecond)
		}
		// Five failures, then the success, at distances of at least 1, 2, 4, 8 and 16 s and a
		// quarter more at most.
		if len(attempts) != 6 {
			t.Fatalf("attempts at %v, want 6", attempts)
		}
		for i := 1; i < len(attempts); i++ {
			step := time.Second << (i - 1)
			if d := attempts[i] - attempts[i-1]; d < step || d > step+step/4+100*time.Millisecond {
				t.Errorf("attempt %d came %s after the one before, want %s to %s", i+1, d, step, step+step/4)
			}
		}
		wantToken(t, s, "t7")
	})
}

func TestToken_isNeverExpired(t *testing.T) {
	// The window is widened by a jitter that only the source knows, so its boundary is read off the
	// entry.
	for _, c := range []struct {
		name     string
		lifetime time.Duration
		margin   time.Duration
	}{
		{"15 min", quarterHour, 10 * time.Second},
		{"50 s", 50 * time.Second, 10 * time.Second},
		{"49 s", 49 * time.Second, 49 * time.Second / 5},
		{"5 s", 5 * time.Second, time.Second},
		{"1 s", time.Second, 200 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, at := range []struct {
				name      string
				left      func(e *entry) time.Duration // of the token's life
				wantOld   bool
				wantCalls int64
			}{
				{"fresh until the window", func(e *entry) time.Duration { return time.Duration(e.expiry.mono-e.stale.mono) + 1 }, true, 1},
				{"stale from the window on", func(e *entry) time.Duration { return time.Duration(e.expiry.mono - e.stale.mono) }, true, 2},
				{"valid at the margin", func(*entry) time.Duration { return c.margin }, true, 2},
				{"expired 1 ns under the margin", func(*entry) time.Duration { return c.margin - 1 }, false, 2},
				{"expired at its end", func(*entry) time.Duration { return 0 }, false, 2},
			} {
				t.Run(at.name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						m := &mint{lifetime: c.lifetime}
						s := newSource(t, m)
						wantToken(t, s, "t1")
						e := s.current.Load()
						time.Sleep(s.now().until(e.expiry) - at.left(e))
						want := "t1"
						if !at.wantOld {
							want = "t2"
						}
						wantToken(t, s, want)
						synctest.Wait()
						m.want(t, at.wantCalls)
					})
				})
			}
		})
	}
}

func TestToken_cancelledLeaderDisturbsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		m := &mint{lifetime: quarterHour, latency: 5 * time.Second}
		m.before = func(ctx context.Context, _ int64, _ *oauth2.Token) error {
			if ctx.Err() != nil || ctx.Value(key{}) != "leader" {
				t.Errorf("the Grant's context: error %v, value %v", ctx.Err(), ctx.Value(key{}))
			}
			return nil
		}
		s := newSource(t, m)
		leader, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "leader"))
		left := make(chan time.Duration, 2)
		start := time.Now()
		go func() {
			_, err := s.TokenContext(leader)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the leader got %v, want its own cancellation", err)
			}
			left <- time.Since(start)
		}()
		synctest.Wait()
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			if _, err := s.TokenContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the impatient waiter got %v", err)
			}
			left <- time.Since(start)
		}()
		time.Sleep(time.Second)
		cancel()
		wantToken(t, s, "t1")
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("the patient waiter got its token after %s, want 5s", d)
		}
		if a, b := <-left, <-left; a != time.Second || b != 2*time.Second {
			t.Errorf("the others left after %s and %s, want 1s and 2s", a, b)
		}
		m.want(t, 1)
	})
}

func TestToken_cancelledCallerStillGetsACachedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, &mint{lifetime: quarterHour})
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("client went away")
		cancel(why)
		if _, err := s.TokenContext(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
			t.Errorf("cold: got %v, want the cancellation and its cause", err)
		}
		wantToken(t, s, "t1")
		if _, err := s.TokenContext(ctx); err != nil {
			t.Errorf("warm: got %v, want the token at hand", err)
		}
	})
}

func TestToken_requestTimeoutFailsAllWaitersAndTheNextStartsAfresh(t *testing.T) {
	for _, c := range []struct {
		name  string
		block func(ctx context.Context)
		most  time.Duration
	}{
		{"a Grant that minds its context", func(ctx context.Context) { <-ctx.Done() }, 10 * time.Second},
		{"a Grant that does not", func(context.Context) { time.Sleep(time.Minute) }, 10*time.Second + abandonAfter},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &mint{lifetime: quarterHour, before: func(ctx context.Context, n int64, _ *oauth2.Token) error {
					if n == 1 {
						c.block(ctx)
						return ctx.Err()
					}
					return nil
				}}
				s := newSource(t, m, WithRequestTimeout(10*time.Second))
				start := time.Now()
				_, errs := together(200, func(i int) (*oauth2.Token, error) {
					ctx := t.Context()
					if i%2 == 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, time.Minute)
						defer cancel()
					}
					return s.TokenContext(ctx)
				})
				if len(errs) != 200 {
					t.Fatalf("%d errors, want 200", len(errs))
				}
				for _, err := range errs {
					var timeout interface{ Timeout() bool }
					if !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
						t.Fatalf("got %v, want ErrUnavailable by timeout", err)
					}
				}
				if d := time.Since(start); d != c.most {
					t.Errorf("waited %s, want %s", d, c.most)
				}
				wantToken(t, s, "t2")
				if d := time.Since(start); d != c.most {
					t.Errorf("the next caller waited %s more", d-c.most)
				}
				m.want(t, 2)
				time.Sleep(2 * time.Minute) // the stuck one ends, and must not spoil anything
				wantToken(t, s, "t2")
			})
		})
	}
}

func TestGrant_panicOrGoexitIsAnErrorForEveryWaiter(t *testing.T) {
	for name, fail := range map[string]func(){
		"panic with text":       func() { panic("boom eyJhbGciOiJub25lIn0.e30.") },
		"panic with error":      func() { panic(errors.New("boom")) },
		"panic with a struct":   func() { panic(struct{ secret string }{"s3cr3t"}) },
		"panic with nil":        func() { panic(nil) },
		"nil dereference":       func() { var p *mint; _ = p.lifetime },
		"runtime.Goexit":        runtime.Goexit,
		"panic while panicking": func() { defer func() { panic("second") }(); panic("first") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &mint{lifetime: quarterHour, before: func(_ context.Context, n int64, _ *oauth2.Token) error {
					time.Sleep(time.Second)
					if n == 1 {
						fail()
					}
					return nil
				}}
				s := newSource(t, m)
				_, errs := together(50, func(int) (*oauth2.Token, error) { return s.TokenContext(t.Context()) })
				if len(errs) != 50 {
					t.Fatalf("%d errors, want 50", len(errs))
				}
				var failure *Error
				if !errors.As(errs[0], &failure) || strings.Contains(errs[0].Error(), "s3cr3t") || strings.Contains(errs[0].Error(), "eyJ") {
					t.Errorf("got %v", errs[0])
				}
				wantToken(t, s, "t2")
			})
		})
	}
}

func TestGrant_mayChangeTheTokenThatItIsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: quarterHour}
		m.before = func(_ context.Context, n int64, last *oauth2.Token) error {
			if n > 1 {
				last.AccessToken, last.Expiry = "changed", time.Time{}
			}
			return nil
		}
		s := newSource(t, m)
		first, err := s.TokenContext(t.Context()) // not a copy
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(quarterHour)
		wantToken(t, s, "t2")
		if first.AccessToken != "t1" || first.Expiry.IsZero() {
			t.Errorf("a caller's token became %q, %v", first.AccessToken, first.Expiry)
		}
	})
}

func TestFailure_isSharedByAllWhoWait(t *testing.T) {
	for name, err := range map[string]error{
		"503": &Error{StatusCode: 503}, "a plain error": errors.New("boom"), "404": &Error{StatusCode: 404},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &mint{latency: time.Second, before: failing(1, math.MaxInt64, err)}
				s := newSource(t, m)
				start := time.Now()
				_, errs := together(200, func(int) (*oauth2.Token, error) { return s.Token() })
				if len(errs) != 200 || time.Since(start) != time.Second {
					t.Errorf("%d errors after %s, want 200 after 1s", len(errs), time.Since(start))
				}
				m.want(t, 1)
			})
		})
	}
}

func TestFailure_retriesAreSharedByCallersWithADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: quarterHour, before: failing(1, 3, &Error{StatusCode: 503})}
		s := newSource(t, m)
		tokens, errs := together(200, func(i int) (*oauth2.Token, error) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*100*time.Millisecond)
			defer cancel()
			return s.TokenContext(ctx)
		})
		// The fourth attempt succeeds 7 s to 8.75 s after the first.
		if n := tokens["t4"]; n < 112 || n > 131 || len(errs) != 200-n {
			t.Errorf("got %v and %d errors", tokens, len(errs))
		}
		for _, err := range errs {
			if !errors.Is(err, ErrUnavailable) {
				t.Errorf("a caller that gave up got %v, want to see why", err)
			}
		}
		m.want(t, 4)
	})
}

func TestExpiry_onArrivalIsAnError(t *testing.T) {
	for _, lifetime := range []time.Duration{0, -time.Second, -100 * 365 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			m := &mint{lifetime: lifetime, latency: time.Millisecond}
			s := newSource(t, m)
			if _, err := s.Token(); !errors.Is(err, ErrMalformedResponse) {
				t.Errorf("lifetime %s: got %v, want ErrMalformedResponse", lifetime, err)
			}
			m.want(t, 1)
		})
	}
}

func TestExpiry_onArrivalMayBeFollowedByAGoodToken(t *testing.T) {
	for name, bad := range map[string]*oauth2.Token{
		"ended":           {AccessToken: "old", Expiry: time.Unix(1, 0)},
		"negative":        {AccessToken: "old", ExpiresIn: -1},
		"less than usual": {AccessToken: "old", ExpiresIn: 60}, // and on its way for 59 s
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				s := newSource(t, GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
					if n++; n > 1 {
						return &oauth2.Token{AccessToken: "good", ExpiresIn: 3600}, nil
					}
					time.Sleep(59 * time.Second)
					return bad, nil
				}), WithRequestTimeout(2*time.Minute))
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
				defer cancel()
				if tok, err := s.TokenContext(ctx); err != nil || tok.AccessToken != "good" {
					t.Errorf("got %v, %v", tok, err)
				}
			})
		})
	}
}

func TestExpiry_shortLivedTokenIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: 5 * time.Second}
		s := newSource(t, m)
		wantToken(t, s, "t1")
		time.Sleep(2 * time.Second)
		wantToken(t, s, "t1")
		synctest.Wait()
		m.want(t, 1)
		time.Sleep(time.Second) // inside the window, which is half of the lifetime and its jitter
		wantToken(t, s, "t1")
		synctest.Wait()
		m.want(t, 2)
		wantToken(t, s, "t2")
	})
}

func TestLateResult_doesNotReplaceANewerToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Hour, before: func(_ context.Context, n int64, _ *oauth2.Token) error {
			if n == 1 {
				time.Sleep(time.Minute) // minds no context
			}
			return nil
		}}
		s := newSource(t, m, WithRequestTimeout(10*time.Second))
		if _, err := s.Token(); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
		wantToken(t, s, "t2")
		time.Sleep(2 * time.Minute)
		wantToken(t, s, "t2")
	})
}

func TestLateResult_servesWhenNothingNewerCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Hour, before: func(context.Context, int64, *oauth2.Token) error {
			time.Sleep(15 * time.Second)
			return nil
		}}
		s := newSource(t, m, WithRequestTimeout(10*time.Second))
		if _, err := s.Token(); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
		time.Sleep(10 * time.Second)
		wantToken(t, s, "t1")
		m.want(t, 1)
	})
}

func TestInvalidate_tenRefusalsOfOneTokenLeadToOneNewToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: quarterHour}
		s := newSource(t, m)
		old, err := s.Token()
		if err != nil {
			t.Fatal(err)
		}
		s.Invalidate(nil)
		s.Invalidate(&oauth2.Token{AccessToken: "another"})
		wantToken(t, s, "t1")
		for range 10 {
			s.Invalidate(old)
			wantToken(t, s, "t2")
		}
		m.want(t, 2)
	})
}

func TestInvalidate_brandNewTokenIsNotReplacedAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: quarterHour}
		s := newSource(t, m)
		for range 100 {
			tok, err := s.Token()
			if err != nil {
				t.Fatal(err)
			}
			s.Invalidate(tok)
		}
		m.want(t, 2)
		time.Sleep(time.Minute)
		tok, _ := s.Token()
		s.Invalidate(tok)
		wantToken(t, s, "t3")
	})
}

func TestReuseTokenSource_wrappersDoNotRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, &mint{lifetime: 20 * time.Second})
		a := oauth2.ReuseTokenSourceWithExpiry(nil, s, 5*time.Second)
		b := oauth2.ReuseTokenSourceWithExpiry(nil, s, 2*time.Second)
		_, errs := together(100, func(i int) (tok *oauth2.Token, err error) {
			src := []oauth2.TokenSource{a, b, s}[i%3]
			for range 100 {
				if tok, err = src.Token(); err != nil {
					return nil, err
				}
				if i%3 == 2 {
					tok.TokenType = "mine to change" // Token hands out copies
				}
				time.Sleep(time.Second)
			}
			return tok, nil
		})
		if errs != nil {
			t.Error(errs[0])
		}
	})
}
