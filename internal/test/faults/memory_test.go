package faults_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/faults"
)

const (
	// A client reads 1 MiB of a body, or 64 KiB of a header. The kernel buffers more on both sides.
	mostWritten = 16 << 20
	// Reading 1 MiB into a growing buffer allocates some 4 MiB, and twice that under the race
	// detector.
	mostAllocated = 12 << 20
)

// TestFaultMemory plays the cases that flood the client one after the other, and counts the bytes.
func TestFaultMemory(t *testing.T) {
	n := 0
	for _, c := range faults.Cases() {
		if !c.Floods() {
			continue
		}
		for _, cl := range clients {
			if cl.warm {
				continue
			}
			n++
			t.Run(c.Name+"/"+cl.name, func(t *testing.T) {
				server := serve(t, faults.Plan{Shape: cl.shape, Script: c.Script, TLS: c.TLS})
				opts := []auth.Option{auth.WithRequestTimeout(longTimeout)}
				if c.TLS != nil {
					opts = append(opts, auth.WithHTTPClient(secureClient(t, c.HTTP2)))
				}
				source, err := cl.open(server.URL(), auth.NewSecret(faults.PlainSecret), opts...)
				if err != nil {
					t.Fatal(err)
				}
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				_, err = source.TokenContext(context.Background())
				runtime.ReadMemStats(&after)
				if err == nil || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want an error that says what is wrong", err)
				}
				if got := after.TotalAlloc - before.TotalAlloc; got > mostAllocated {
					t.Errorf("%d KiB were allocated", got>>10)
				}
				if got := server.Written(); got > mostWritten {
					t.Errorf("the server got rid of %d KiB", got>>10)
				}
				t.Logf("%5d KiB allocated, %5d KiB written", (after.TotalAlloc-before.TotalAlloc)>>10, server.Written()>>10)
			})
		}
	}
	if n < 40 {
		t.Errorf("%d runs only", n)
	}
}
