package cut

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	onefinopsapi "github.com/finsdk/finsdk-go/gen/onefinops/api"
)

// call is one way to register an e-invoice.
type call struct {
	version int    // of HTTP
	kept    bool   // over a connection that has served a request before
	key     string // the Idempotency-Key, or ""
}

func (c call) String() string {
	return fmt.Sprintf("HTTP%d kept %t key %t", c.version, c.kept, c.key != "")
}

// outcome is the result of a call.
type outcome struct {
	err            error
	status         int
	conns          int // connections with bytes of the call
	sent, received int // bytes of the first connection
	begun          int // requests whose header arrived
	registered     int
	again          error // of a second call with the same key, after a first without an answer
}

// register makes the call with retries on, and cuts the first connections.
func (c call) register(t *testing.T, cuts ...cut) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		n, api := newNetwork(), &registry{keys: map[string]bool{}}
		source, err := auth.NewTokenSource(auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: "t1", ExpiresIn: 3600}, nil
		}), auth.WithHTTPClient(serve(t, n, api, c.version)), auth.WithRetry(auth.Retry{}))
		if err != nil {
			t.Fatal(err)
		}
		client, err := onefinopsapi.NewClientWithResponses("http://127.0.0.1", onefinopsapi.WithHTTPClient(source.Client()))
		if err != nil {
			t.Fatal(err)
		}
		if c.kept {
			resp, err := source.Client().Get("http://127.0.0.1/")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			synctest.Wait()
			first := whole
			if len(cuts) > 0 {
				first, cuts = cuts[0], cuts[1:]
			}
			n.recount(first)
		}
		n.mu.Lock()
		n.cuts = cuts
		n.mu.Unlock()
		params := &onefinopsapi.GenerateEInvoiceParams{GSTIN: "29AAAAA0000A1Z5"}
		if c.key != "" {
			params.IdempotencyKey = &c.key
		}
		send := func() (int, error) {
			resp, err := client.GenerateEInvoiceWithBodyWithResponse(t.Context(), params, "application/json", bytes.NewReader([]byte(invoice)))
			if err != nil {
				return 0, err
			}
			return resp.StatusCode(), nil
		}
		o.status, o.err = send()
		synctest.Wait()
		o.conns, o.sent, o.received = n.written()
		o.begun, o.registered = api.counts()
		if o.err != nil && c.key != "" {
			_, o.again = send()
			_, o.registered = api.counts()
		}
	})
	return o
}

// each calls f for every byte at which the first connection can break, of the request and of the
// answer, or for some of them in steps of stride. part is set if the request has not arrived as a
// whole.
func (c call) each(t *testing.T, f func(t *testing.T, at string, first cut, part bool)) {
	t.Parallel()
	o := c.register(t)
	if o.err != nil || o.status != http.StatusOK || o.conns != 1 || o.registered != 1 || o.sent < len(invoice) || o.received == 0 {
		t.Fatalf("uncut: %+v", o)
	}
	for i := 0; i < o.sent+o.received+2; i += stride {
		first, at := cut{sent: i, received: -1, err: io.EOF}, fmt.Sprintf("after %d of %d bytes sent", i, o.sent)
		if i > o.sent {
			first.sent, first.received = -1, i-o.sent-1
			at = fmt.Sprintf("after %d of %d bytes received", first.received, o.received)
		}
		if i%2 == 1 {
			first.err = syscall.ECONNRESET
		}
		f(t, at, first, i < o.sent)
	}
}

// calls runs f for each way to register an e-invoice with key.
func calls(t *testing.T, key string, f func(t *testing.T, c call)) {
	for _, version := range []int{1, 2} {
		for _, kept := range []bool{false, true} {
			c := call{version, kept, key}
			t.Run(c.String(), func(t *testing.T) { f(t, c) })
		}
	}
}

// Nobody knows whether the API processed a part of a request, so the client never sends it again.
func TestAnEInvoiceWithoutAKeyIsNeverSentTwice(t *testing.T) {
	calls(t, "", func(t *testing.T, c call) {
		c.each(t, func(t *testing.T, at string, first cut, _ bool) {
			o := c.register(t, first)
			if o.registered > 1 || o.begun > 1 {
				t.Errorf("%s: %d requests arrived, %d e-invoices were registered", at, o.begun, o.registered)
			}
			if c.version == 1 && o.conns > 1 {
				t.Errorf("%s: bytes of %d requests arrived", at, o.conns)
			}
			if o.err == nil && o.registered != 1 {
				t.Errorf("%s: status %d, and %d e-invoices were registered", at, o.status, o.registered)
			}
		})
	})
}

func TestAnEInvoiceWithAKeyIsRegisteredOnce(t *testing.T) {
	calls(t, "k1", func(t *testing.T, c call) {
		var repeated atomic.Int64
		c.each(t, func(t *testing.T, at string, first cut, part bool) {
			o := c.register(t, first)
			if o.again != nil || o.registered != 1 {
				t.Errorf("%s: %d e-invoices were registered, %v, %v", at, o.registered, o.err, o.again)
			}
			if o.err != nil && (part || first.received == 0) {
				t.Errorf("%s: the call did not send the request again: %v", at, o.err)
			}
			if o.begun > 1 {
				repeated.Add(1)
			}
		})
		if repeated.Load() == 0 {
			t.Error("no request was sent again, so the test shows nothing")
		}
	})
}

// Every connection breaks at the same byte.
func TestAnEInvoiceIsSentAsOftenAsAttemptsSays(t *testing.T) {
	for _, sent := range []int{1, 100, 200} {
		for _, key := range []string{"", "k1"} {
			c := call{version: 1, key: key}
			always := cut{sent: sent, received: -1, err: syscall.ECONNRESET}
			o := c.register(t, always, always, always, always, always, always)
			want := 1
			if key != "" {
				want = 3 // the default of Retry.Attempts
			}
			if o.conns != want || o.err == nil {
				t.Errorf("key %q, %d bytes: %d requests, %v", key, sent, o.conns, o.err)
			}
		}
	}
}
