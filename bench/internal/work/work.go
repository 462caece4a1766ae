// Package work is the work that the peers do, each the same.
package work

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/measure"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

// A Table is the result of one kind of work.
type Table struct {
	Title   string
	About   string
	Columns []string
	Rows    [][]string
	Checks  []Check
	Bars    []Bar // for the picture; may be nil
}

// A Check holds one figure to its target.
type Check struct {
	Name   string
	Got    string
	Target string
	Met    bool
	Near   bool   // not met, but by no more than the noise of the run
	OK     bool   // met, near, or missed by no more than is known
	Why    string // it is missed
}

// A goal is a target. Where it is missed today, held is what the figure must not exceed all the same,
// and why says what stands in the way.
type goal struct {
	target, held float64
	why          string
}

// A Bar is what the work costs with one peer.
type Bar struct {
	Peer string
	Cost float64 // in nanoseconds
}

func (t *Table) row(cells ...string) { t.Rows = append(t.Rows, cells) }

// atMost adds the check that a ratio is at most g, but for the noise of its run.
func (t *Table) atMost(name string, r measure.Ratio, g goal) {
	met := r.Median <= g.target
	t.check(name, ratio(r), fmt.Sprintf("at most %.2f", g.target), met, !r.Misses(max(g.target, g.held)), g.why)
	t.Checks[len(t.Checks)-1].Near = !met && !r.Misses(g.target)
}

// count adds the check of a count, which is exact.
func (t *Table) count(name string, got float64, g goal) {
	t.check(name, number(got), "at most "+number(g.target), got <= g.target, got <= max(g.target, g.held), g.why)
}

func (t *Table) check(name, got, target string, met, ok bool, why string) {
	if met {
		why = ""
	}
	t.Checks = append(t.Checks, Check{Name: name, Got: got, Target: target, Met: met, OK: ok, Why: why})
}

// A Size is how much to measure.
type Size struct {
	Plan  measure.Plan
	Short bool // only what the targets are about
}

// peers returns the peers to measure.
func (s Size) peers() []peer.Peer {
	if s.Short {
		return []peer.Peer{peer.By(peer.Ours), peer.By(peer.Reference)}
	}
	return peer.All()
}

// on returns the plan for a number of cores. On several, by the clock, many short slices: a busy
// machine seldom interrupts one of those.
func (s Size) on(cores int) measure.Plan {
	p := s.Plan
	if p.Cores = cores; cores > 1 {
		p.Rounds, p.Slice = 4*p.Rounds, p.Slice/10
	}
	return p
}

func allCores() int { return runtime.NumCPU() }

// forever is a Fetch whose token outlives every measurement.
func forever(context.Context) (peer.Token, error) {
	return peer.Token{Value: longToken, Expiry: time.Now().Add(time.Hour)}, nil
}

var longToken = strings.Repeat("a", 1200)

func number(v float64) string {
	text := fmt.Sprintf("%.0f", v)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func nanoseconds(s measure.Sample) string {
	switch m := s.Median(); {
	case m < 100:
		return fmt.Sprintf("%.1f ns", m)
	case m < 10_000:
		return number(m) + " ns"
	default:
		return number(m/1000) + " µs"
	}
}

func ratio(r measure.Ratio) string {
	return fmt.Sprintf("%.2f (%.2f to %.2f)", r.Median, r.Low, r.High)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// canned answers every request with the same empty 200.
type canned struct{ resp http.Response }

func (c *canned) RoundTrip(*http.Request) (*http.Response, error) { return &c.resp, nil }

func newCanned() http.RoundTripper {
	return &canned{http.Response{StatusCode: http.StatusOK, Body: http.NoBody}}
}

func newRequest() *http.Request {
	req, err := http.NewRequest(http.MethodGet, "https://api.example.com/v1/things", nil)
	must(err)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "bench")
	return req
}
