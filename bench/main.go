// Command bench measures the SDK side by side with its peers.
//
//	go -C bench run .                        print everything
//	go -C bench run . -check                 only what has a target, and fail if one is missed
//	go -C bench run . -report docs           write the page and its pictures
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/draw"
	"github.com/finsdk/finsdk-go/bench/internal/fleet"
	"github.com/finsdk/finsdk-go/bench/internal/measure"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
	"github.com/finsdk/finsdk-go/bench/internal/report"
	"github.com/finsdk/finsdk-go/bench/internal/work"
)

func main() {
	fleet.Child()
	var (
		check  = flag.Bool("check", false, "measure only what has a target, and fail if one is missed")
		page   = flag.String("report", "", "write benchmarks.md and its pictures to this `directory`")
		most   = flag.Int("replicas", 100_000, "the size of the largest fleet")
		rounds = flag.Int("rounds", 40, "rounds of each measurement")
		only   = flag.String("only", "", "only the parts whose title contains this `text`")
	)
	flag.Parse()
	if err := run(*check, *page, *most, *rounds, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A part is one kind of work. It may draw a picture.
type part struct {
	title   string // begins the title of its table
	inCheck bool
	run     func(work.Size) (work.Table, []byte, error)
	picture string
	alt     string
}

func table(f func(work.Size) work.Table) func(work.Size) (work.Table, []byte, error) {
	return func(s work.Size) (work.Table, []byte, error) { return f(s), nil, nil }
}

func fallible(f func(work.Size) (work.Table, error)) func(work.Size) (work.Table, []byte, error) {
	return func(s work.Size) (work.Table, []byte, error) {
		t, err := f(s)
		return t, nil, err
	}
}

func parts(most int) []part {
	return []part{
		{title: "Callers during a renewal", inCheck: true, run: renewed, picture: "bench-renewal.svg",
			alt: "The longest call over time while a token is renewed: with finsdk-go it stays below a millisecond, with x/oauth2 it reaches 100 ms"},
		{title: "A cached token", inCheck: true, run: cached, picture: "bench-cached.svg", alt: "What a cached token costs with each library"},
		{title: "A request authorised", inCheck: true, run: table(work.Authorized)},
		{title: "A token fetched over loopback", inCheck: true, run: table(work.Requested)},
		{title: "A thousand cold callers", inCheck: true, run: table(work.Cold)},
		{title: "A failing vendor", inCheck: true, run: table(work.Failing)},
		{title: "A storm of 401s", inCheck: true, run: table(work.Refused)},
		{title: "Memory held a source", inCheck: true, run: table(work.Held)},
		{title: "What a build pays", run: fallible(built)},
		{title: "What a store costs", inCheck: true, run: table(work.Slow)},
		{title: "Processes that share a store", run: fallible(work.Shared)},
		{title: "Fleets by size", inCheck: true, run: grown(most), picture: "bench-fleet.svg",
			alt: "Requests to the vendor in the busiest minute by the number of replicas: one with a shared store, and beyond the vendor's limit without"},
		{title: "Fleets and what happens to them", run: fallible(days)},
		{title: "Does the simulation tell the truth?", run: fallible(work.Told)},
	}
}

func run(check bool, page string, most, rounds int, only string) error {
	size := work.Size{Plan: measure.Plan{Rounds: rounds, Slice: 20 * time.Millisecond}, Short: check}
	if check {
		most = min(most, 100)
	}
	machine := report.ThisMachine(modules())
	var done []report.Part
	failed := 0
	for _, p := range parts(most) {
		if !strings.Contains(p.title, only) || check && !p.inCheck {
			continue
		}
		t, picture, err := p.run(size)
		if err != nil {
			return fmt.Errorf("%s: %w", p.title, err)
		}
		report.Text(os.Stdout, t)
		r := report.Part{Table: t}
		if page != "" && picture != nil {
			r.Picture, r.Alt = p.picture, p.alt
			if err := os.WriteFile(filepath.Join(page, p.picture), picture, 0o644); err != nil {
				return err
			}
		}
		done = append(done, r)
		for _, c := range t.Checks {
			if !c.OK {
				failed++
			}
		}
	}
	if page != "" {
		f, err := os.Create(filepath.Join(page, "benchmarks.md"))
		if err != nil {
			return err
		}
		defer f.Close()
		if err := report.Page(f, machine, "make bench-report", done); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d figures miss their targets by more than the noise, or by more than is known", failed)
	}
	return nil
}

func modules() []string {
	var paths []string
	for _, p := range peer.All() {
		paths = append(paths, p.Module)
	}
	return paths
}

func cached(s work.Size) (work.Table, []byte, error) {
	t := work.Cached(s)
	var bars []draw.Bar
	for _, b := range t.Bars {
		bars = append(bars, draw.Bar{Name: b.Peer, Cost: b.Cost})
	}
	svg, err := draw.Costs("A cached token, on one core", bars)
	return t, svg, err
}

func renewed(s work.Size) (work.Table, []byte, error) {
	t, traces := work.Renewed(s)
	var lines []draw.Line
	for _, trace := range traces {
		if trace.Peer != peer.Ours && trace.Peer != peer.Reference {
			continue
		}
		l := draw.Line{Name: trace.Peer}
		for _, p := range trace.Points {
			if p.Took > 0 {
				l.X, l.Y = append(l.X, p.At.Seconds()), append(l.Y, float64(p.Took))
			}
		}
		lines = append(lines, l)
	}
	svg, err := draw.Latency("The longest call of 64 callers while a token is renewed, which takes the vendor 100 ms", lines...)
	return t, svg, err
}

func built(s work.Size) (work.Table, error) {
	dir, err := os.Getwd()
	if err != nil {
		return work.Table{}, err
	}
	return work.Built(dir, s)
}

func grown(most int) func(work.Size) (work.Table, []byte, error) {
	return func(work.Size) (work.Table, []byte, error) {
		t, results, err := work.Grown(most)
		if err != nil {
			return t, nil, err
		}
		var lines []draw.Line
		for _, name := range work.FleetNames {
			l := draw.Line{Name: name}
			for _, r := range results {
				if r.Scenario.Name == name {
					l.X, l.Y = append(l.X, float64(r.Scenario.Replicas)), append(l.Y, float64(r.PeakMinute))
				}
			}
			lines = append(lines, l)
		}
		svg, err := draw.Requests("Requests to the vendor in the busiest minute", fleet.Limit, lines...)
		return t, svg, err
	}
}

func days(work.Size) (work.Table, error) { return work.Days(50, 1000) }
