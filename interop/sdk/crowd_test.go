package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

// A crowd is many goroutines that ask one token source for a token again and again, as handlers of
// a busy service do.
type crowd struct {
	source *auth.TokenSource
	cancel context.CancelFunc
	enough chan struct{} // closed: no further calls
	close  func()
	done   sync.WaitGroup

	mu       sync.Mutex
	calls    int
	failures []failure
	tokens   []*oauth2.Token // each one once, in the order of their appearance
	expired  int             // calls that got an expired token
}

// A failure is a call that returned an error.
type failure struct {
	err      error
	deadline bool // the call had one
	valid    bool // the newest token when the call began was still usable then
}

// pace is a goroutine's pause between two calls: a small machine must run Keycloak too.
const pace = 40 * time.Millisecond

// gather starts n goroutines. Every second one gives its calls a deadline if patience is not zero.
// They end with the test, or earlier by leave.
func gather(t *testing.T, n int, source *auth.TokenSource, patience time.Duration) *crowd {
	ctx, cancel := context.WithCancel(context.Background())
	c := &crowd{source: source, cancel: cancel, enough: make(chan struct{})}
	c.close = sync.OnceFunc(func() { close(c.enough) })
	for i := range n {
		own := patience
		if i%2 == 1 {
			own = 0
		}
		c.done.Go(func() {
			tick := time.NewTicker(pace)
			defer tick.Stop()
			for {
				select {
				case <-c.enough:
					return
				case <-tick.C:
					c.call(ctx, own)
				}
			}
		})
	}
	t.Cleanup(func() {
		c.leave()
		if t.Failed() {
			t.Logf("the crowd made %d calls, got %d tokens, and saw %d failures:%s", c.calls, len(c.tokens), len(c.failures), summary(c.failures))
		}
	})
	return c
}

// finish waits for the running calls to end. No request is running then either.
func (c *crowd) finish() {
	c.close()
	c.done.Wait()
}

// leave ends all goroutines and returns when they have ended. A request for which they waited goes
// on.
func (c *crowd) leave() {
	c.close()
	c.cancel()
	c.done.Wait()
}

func (c *crowd) call(ctx context.Context, patience time.Duration) {
	if patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	c.mu.Lock()
	var newest *oauth2.Token
	if len(c.tokens) > 0 {
		newest = c.tokens[len(c.tokens)-1]
	}
	c.mu.Unlock()
	began := time.Now()
	token, err := c.source.TokenContext(ctx)

	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if context.Cause(ctx) == context.Canceled {
			return // the test is over
		}
		c.calls++
		c.failures = append(c.failures, failure{err: err, deadline: patience > 0,
			valid: newest != nil && began.Before(newest.Expiry.Add(-margin(newest)))})
		return
	}
	c.calls++
	if !began.Before(token.Expiry) {
		c.expired++
	}
	for _, known := range c.tokens {
		if known == token {
			return
		}
	}
	c.tokens = append(c.tokens, token)
}

// margin returns how long before its expiry the source no longer returns a token, with a little for
// the clock.
func margin(t *oauth2.Token) time.Duration {
	return min(10*time.Second, time.Duration(t.ExpiresIn)*time.Second/5) + 20*time.Millisecond
}

func (c *crowd) callCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

func (c *crowd) tokenCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.tokens)
}

func (c *crowd) seen() []*oauth2.Token {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*oauth2.Token(nil), c.tokens...)
}

func (c *crowd) failed() []failure {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]failure(nil), c.failures...)
}

// mustBeContent fails the test if any call failed.
func (c *crowd) mustBeContent(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.failures) > 0 {
		t.Errorf("%d of %d calls failed:%s", len(c.failures), c.calls, summary(c.failures))
	}
	if c.expired > 0 {
		t.Errorf("%d of %d calls got an expired token", c.expired, c.calls)
	}
	if c.calls == 0 {
		t.Error("nobody called")
	}
}

// mustFailLate fails the test unless each failed call began after the last token's end and failed
// in that way. A call with a deadline may also have met it.
func (c *crowd) mustFailLate(t *testing.T, kind error) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var early, odd []failure
	for _, f := range c.failures {
		if f.valid {
			early = append(early, f)
		}
		if !errors.Is(f.err, kind) && !(f.deadline && errors.Is(f.err, context.DeadlineExceeded)) {
			odd = append(odd, f)
		}
	}
	if len(early) > 0 {
		t.Errorf("%d of %d calls failed while there was a valid token:%s", len(early), c.calls, summary(early))
	}
	if len(odd) > 0 {
		t.Errorf("%d of %d calls failed otherwise than with %q:%s", len(odd), c.calls, kind, summary(odd))
	}
	if c.expired > 0 {
		t.Errorf("%d of %d calls got an expired token", c.expired, c.calls)
	}
}

// summary lists each error once.
func summary(failures []failure) string {
	counts := map[string]int{}
	var order []string
	for _, f := range failures {
		text := f.err.Error()
		if counts[text] == 0 {
			order = append(order, text)
		}
		counts[text]++
	}
	var b strings.Builder
	for i, text := range order {
		if i == 8 {
			fmt.Fprintf(&b, "\n\t… and %d other texts", len(order)-i)
			break
		}
		fmt.Fprintf(&b, "\n\t%d× %s", counts[text], text)
	}
	return b.String()
}
