package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/onefinops"
)

// Load is the load of a soak on one token source.
type Load struct {
	Goroutines int
	Duration   time.Duration
	Seed       uint64        // of the vendor's random behaviour
	Latency    time.Duration // a call that takes longer, while a token is valid, must have waited for the vendor
}

const (
	requestTimeout = 2500 * time.Millisecond

	firstSecret, secondSecret = "first-secret", "second-secret"
)

// Run puts the load on a source and judges it. In the middle it rotates the secret: from then on
// the vendor refuses the old one, and a little later a rename replaces the old secret's file by the
// new one's.
func Run(ctx context.Context, l Load) (Report, error) {
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return Report{}, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "client-secret")
	if err := replace(file, firstSecret); err != nil {
		return Report{}, err
	}

	before := settle(0)
	over := make(chan struct{})
	v, err := newVendor(l.Seed, firstSecret, over)
	if err != nil {
		return Report{}, err
	}
	defer v.close()
	wire := &recorder{base: &http.Transport{}}
	source, err := onefinops.NewTokenSource(
		onefinops.Config{ClientID: "ofin_test_soak", SecretSource: auth.FileSecret(file), AuthURL: v.authURL, APIURL: v.apiURL},
		auth.WithHTTPClient(&http.Client{Transport: wire}), auth.WithRequestTimeout(requestTimeout))
	if err != nil {
		return Report{}, err
	}

	ctx, cancel := context.WithTimeout(ctx, l.Duration)
	defer cancel()
	j := &judge{vendor: v, latency: l.Latency}
	api := &http.Transport{MaxIdleConnsPerHost: l.Goroutines, MaxConnsPerHost: 256}
	calls := &callers{judge: j, source: source, url: v.apiURL + "/v1/things", client: &http.Client{Transport: source.Transport(api)}}
	var wg sync.WaitGroup
	for i := range l.Goroutines {
		wg.Go(func() { calls.run(ctx, i, rand.New(rand.NewPCG(l.Seed, uint64(i)))) })
	}
	wg.Go(func() {
		if !pause(ctx, l.Duration/2) {
			return
		}
		v.rotate(secondSecret)
		for end := time.Now().Add(l.Duration / 5); v.count(refused) == 0 && time.Now().Before(end); {
			pause(ctx, 10*time.Millisecond)
		}
		// Kubernetes also updates mounted secrets with a delay.
		if pause(ctx, min(time.Second, l.Duration/10)) {
			err = replace(file, secondSecret)
		}
	})
	wg.Wait()
	close(over)
	api.CloseIdleConnections()
	v.close()
	wire.wait()

	r := j.report(l)
	r.Rotation = err
	r.sendings, r.ledger = wire.list(), v.list()
	r.Connections = int(v.connections.Load())
	r.Before, r.After = before, settle(before)
	return r, nil
}

// replace replaces a file by a rename, as Kubernetes does with mounted secrets.
func replace(file, content string) error {
	next := file + ".next"
	if err := os.WriteFile(next, []byte(content+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(next, file)
}

// settle waits a while until at most most goroutines are left, and returns their number.
func settle(most int) int {
	for range 200 {
		if most == 0 || runtime.NumGoroutine() <= most {
			break
		}
		<-time.After(10 * time.Millisecond)
	}
	return runtime.NumGoroutine()
}

// pause waits for d, and reports whether ctx lasted that long.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// callers use one source in every possible way.
type callers struct {
	judge  *judge
	source *auth.TokenSource
	url    string
	client *http.Client
}

// deadlines are those of the callers; 0 means no deadline.
var deadlines = []time.Duration{0, 20 * time.Millisecond, 200 * time.Millisecond, time.Second, 5 * time.Second}

func (c *callers) run(ctx context.Context, i int, random *rand.Rand) {
	one, between := c.token, 20*time.Millisecond
	switch i % 3 {
	case 1:
		one = c.authorize
	case 2:
		one, between = c.transport, 500*time.Millisecond
	}
	for pause(ctx, between+time.Duration(random.Int64N(int64(2*between)))) {
		callCtx, cancel := ctx, context.CancelFunc(func() {})
		if d := deadlines[random.IntN(len(deadlines))]; d > 0 {
			callCtx, cancel = context.WithTimeout(ctx, d)
		}
		one(ctx, callCtx)
		cancel()
	}
}

func (c *callers) token(ctx, callCtx context.Context) {
	k := c.judge.begin()
	t, err := c.source.TokenContext(callCtx)
	if ctx.Err() != nil {
		return // the run ended, the source did not give up
	}
	k.end(err)
	if err == nil {
		c.judge.returned(t)
	}
}

func (c *callers) authorize(ctx, callCtx context.Context) {
	req, err := http.NewRequestWithContext(callCtx, http.MethodGet, c.url, nil)
	if err != nil {
		panic(err)
	}
	k := c.judge.begin()
	err = c.source.Authorize(callCtx, req)
	if ctx.Err() == nil {
		k.end(err)
	}
}

// transport calls the API. The call's own deadline may end it, which says nothing about the source.
func (c *callers) transport(ctx, callCtx context.Context) {
	req, err := http.NewRequestWithContext(callCtx, http.MethodGet, c.url, nil)
	if err != nil {
		panic(err)
	}
	k := c.judge.begin()
	resp, err := c.client.Do(req)
	if err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("the API answered %d", resp.StatusCode)
		}
	}
	var failure *auth.Error
	if ctx.Err() == nil && (errors.As(err, &failure) || !errors.Is(err, context.DeadlineExceeded)) {
		k.remote = true
		k.end(err)
	}
}

// recorder is a RoundTripper that records when token requests leave.
type recorder struct {
	base *http.Transport
	mu   sync.Mutex
	sent []sending
	out  sync.WaitGroup
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.out.Add(1)
	defer r.out.Done()
	r.mu.Lock()
	n := len(r.sent)
	r.sent = append(r.sent, sending{sent: time.Now()})
	r.mu.Unlock()
	resp, err := r.base.RoundTrip(req)
	if err == nil {
		r.mu.Lock()
		r.sent[n].answered = time.Now()
		r.mu.Unlock()
	}
	return resp, err
}

func (r *recorder) wait() {
	r.out.Wait()
	r.base.CloseIdleConnections()
}

func (r *recorder) list() []sending {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

// count returns how many requests had the given outcome.
func (v *vendor) count(o outcome) (n int) {
	for _, line := range v.list() {
		if line.outcome == o {
			n++
		}
	}
	return n
}

func (v *vendor) list() []tokenRequest {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.ledger)
}
