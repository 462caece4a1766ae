// Command cmd soaks a token source and exits with 1 when a bound is broken: `make soak`.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/finsdk/finsdk-go/internal/test/soak"
)

func main() {
	var l soak.Load
	flag.IntVar(&l.Goroutines, "goroutines", 2000, "how many callers")
	flag.DurationVar(&l.Duration, "duration", time.Minute, "for how long")
	flag.Uint64Var(&l.Seed, "seed", uint64(time.Now().UnixNano()), "of what the vendor does")
	flag.DurationVar(&l.Latency, "latency", 300*time.Millisecond, "what takes longer while a valid token is at hand has waited for the vendor")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := soak.Run(ctx, l)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(2)
	}
	if broken := r.Print(os.Stdout); len(broken) > 0 {
		fmt.Printf("soak: %d bounds are broken\n", len(broken))
		os.Exit(1)
	}
}
