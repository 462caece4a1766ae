package soak_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

// flapping is a Grant that answers by a script: 200, 429, 503, resets and slow answers, over and
// over.
type flapping struct {
	lifetime time.Duration
	requests []request
	handed   sync.Map // token: its expiry
}

type request struct {
	sent, answered time.Time
	retryAfter     time.Duration
	expiry         time.Time // zero: no token
}

// script has failures alone, in pairs, and in a run that outlives the token.
var script = []string{"ok", "503", "ok", "429", "reset", "ok", "slow", "503", "slow", "ok", "reset", "429", "503", "timeout", "ok",
	"slow", "503", "reset", "503", "429", "503", "ok", "timeout", "ok"}

func (f *flapping) RequestToken(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
	r := request{sent: time.Now()}
	step := script[len(f.requests)%len(script)]
	defer func() {
		r.answered = time.Now()
		f.requests = append(f.requests, r)
	}()
	wait := func(d time.Duration) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	switch step {
	case "429":
		r.retryAfter = 3 * time.Second
		return nil, &auth.Error{StatusCode: http.StatusTooManyRequests, RetryAfter: r.retryAfter}
	case "503":
		return nil, &auth.Error{StatusCode: http.StatusServiceUnavailable}
	case "reset":
		return nil, auth.NewTransportError("", "", fmt.Errorf("read: %w", syscall.ECONNRESET))
	case "timeout":
		return nil, wait(time.Hour)
	case "slow":
		if err := wait(1200 * time.Millisecond); err != nil {
			return nil, err
		}
	}
	r.expiry = r.sent.Add(f.lifetime)
	name := fmt.Sprintf("token-%d", len(f.requests))
	f.handed.Store(name, r.expiry)
	return &oauth2.Token{AccessToken: name, TokenType: "Bearer", Expiry: r.expiry}, nil
}

// TestSoak_noFailureWhileATokenIsValid is the soak in virtual time, where every bound is exact:
// 2,000 goroutines for a minute, or as many as the race detector can take. No call fails or waits
// while a valid token exists, no expired token is returned, the requests keep the distances of
// back-off, and nobody is left behind.
func TestSoak_noFailureWhileATokenIsValid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const (
			lifetime = 8 * time.Second
			margin   = lifetime / 5
			timeout  = 2 * time.Second
		)
		grant := &flapping{lifetime: lifetime}
		source, err := auth.NewTokenSource(grant, auth.WithRequestTimeout(timeout), auth.WithName("test"))
		if err != nil {
			t.Fatal(err)
		}
		var (
			calls, failures, served atomic.Int64
			usable                  atomic.Int64 // Unix ns until which the newest returned token is usable
			ctx, cancel             = context.WithTimeout(t.Context(), time.Minute)
			wg                      sync.WaitGroup
		)
		defer cancel()
		for i := range goroutines {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(32, uint64(i)))
				tick := time.NewTicker(time.Duration(200+random.IntN(200)) * time.Millisecond)
				defer tick.Stop()
				for {
					select {
					case <-tick.C:
					case <-ctx.Done():
						return
					}
					callCtx, stop := ctx, context.CancelFunc(func() {})
					if d := random.IntN(4); d > 0 {
						callCtx, stop = context.WithTimeout(ctx, time.Duration(d*d)*500*time.Millisecond)
					}
					start := time.Now()
					valid := start.UnixNano() < usable.Load()
					token, err := source.TokenContext(callCtx)
					took := time.Since(start)
					stop()
					if ctx.Err() != nil {
						return
					}
					calls.Add(1)
					if valid && (err != nil || took > 0) {
						t.Errorf("at %s, with a valid token: %v after %s", start.Format("05.000"), err, took)
					}
					var failure *auth.Error
					switch {
					case err != nil && !errors.As(err, &failure):
						t.Errorf("a %T: %v", err, err)
					case err != nil:
						failures.Add(1)
					default:
						served.Add(1)
						expiry, ok := grant.handed.Load(token.AccessToken)
						if !ok || !time.Now().Before(expiry.(time.Time)) {
							t.Errorf("%s is expired or unknown", token.AccessToken)
							return
						}
						until := expiry.(time.Time).Add(-margin).UnixNano()
						for old := usable.Load(); until > old && !usable.CompareAndSwap(old, until); old = usable.Load() {
						}
					}
				}
			})
		}
		wg.Wait()
		<-time.After(timeout) // the last request ends
		synctest.Wait()

		if served.Load() < calls.Load()/2 || failures.Load() == 0 {
			t.Errorf("%d of %d calls got a token: the script should let most of them, not all", served.Load(), calls.Load())
		}
		inARow := 0
		for i, r := range grant.requests {
			earliest := r.sent
			if !r.expiry.IsZero() {
				earliest, inARow = earliest.Add(lifetime*45/100), 0
			} else {
				earliest = earliest.Add(min(time.Second<<inARow, time.Minute))
				if after := r.answered.Add(r.retryAfter); after.After(earliest) {
					earliest = after
				}
				inARow++
			}
			if i+1 < len(grant.requests) && grant.requests[i+1].sent.Before(earliest) {
				t.Errorf("request %d came %s too early", i+1, earliest.Sub(grant.requests[i+1].sent))
			}
		}
		t.Logf("%d calls, %d failed for want of a token, %d requests to the vendor", calls.Load(), failures.Load(), len(grant.requests))
	})
}
