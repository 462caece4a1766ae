// Package measure compares functions side by side. The rounds of all of them interleave, so that
// what else the machine does falls on all alike.
package measure

import (
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// A Case is a function to measure.
type Case struct {
	Name string
	Op   func() // one operation
	// Reset prepares the next Batch operations. It is not measured. Optional, for one core only.
	Reset func()
	Batch int
}

// A Plan says how long to measure.
type Plan struct {
	Rounds int
	Slice  time.Duration // how long one case runs in one round
	Cores  int           // goroutines and GOMAXPROCS; 0 means 1
	Wall   bool          // by the clock; otherwise, on one core, by the processor time of this process
}

// A Sample is what the rounds of a case took, in nanoseconds an operation.
type Sample struct {
	Name   string
	Rounds []float64
}

// Median returns the median round.
func (s Sample) Median() float64 { return Quantile(s.Rounds, 0.5) }

// Run measures the cases.
func Run(p Plan, cases ...Case) []Sample {
	p.Cores = max(p.Cores, 1)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(p.Cores))
	samples := make([]Sample, len(cases))
	counts := make([]int, len(cases))
	for i, c := range cases {
		samples[i].Name = c.Name
		counts[i] = calibrate(p, c)
	}
	for range p.Rounds {
		for _, at := range rand.Perm(len(cases)) { // no case always follows the same other one
			runtime.GC() // nor pays for its garbage
			took := run(p, cases[at], counts[at])
			samples[at].Rounds = append(samples[at].Rounds, float64(took)/float64(counts[at]))
		}
	}
	return samples
}

// calibrate returns how many operations take about as long as a slice.
func calibrate(p Plan, c Case) int {
	for n := 1; ; n *= 2 {
		if took := run(p, c, n); took >= p.Slice/4 || n >= 1<<30 {
			return max(1, int(float64(n)*float64(p.Slice)/float64(max(took, 1))))
		}
	}
}

// run returns how long n operations take, on each of the cores.
func run(p Plan, c Case, n int) (took time.Duration) {
	if c.Reset != nil {
		for n > 0 {
			c.Reset()
			some := min(n, c.Batch)
			n -= some
			took += run(p, Case{Op: c.Op}, some)
		}
		return took
	}
	op := c.Op
	if p.Cores == 1 {
		clock := cpuTime
		if p.Wall {
			began := time.Now()
			clock = func() time.Duration { return time.Since(began) }
		}
		start := clock()
		for range n {
			op()
		}
		return clock() - start
	}
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	for range p.Cores {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-begin
			for range n {
				op()
			}
		})
	}
	ready.Wait()
	began := time.Now()
	close(begin)
	done.Wait()
	return time.Since(began)
}

// Allocs returns how many allocations an operation makes and how many bytes they take. It is exact
// for an operation that always makes the same ones, and otherwise the mean of n. What other
// goroutines allocate meanwhile counts too.
func Allocs(n int, c Case) (allocs, bytes float64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	count := func(op func()) (allocs, bytes float64) {
		some := c
		some.Op = op
		run(Plan{Cores: 1}, some, 3) // fills pools and caches
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run(Plan{Cores: 1}, some, n)
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs-before.Mallocs) / float64(n), float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
	}
	allocs, bytes = count(c.Op)
	if c.Reset != nil {
		resetAllocs, resetBytes := count(func() {})
		allocs, bytes = allocs-resetAllocs, bytes-resetBytes
	}
	return math.Round(allocs), math.Round(bytes)
}

// Held returns how many bytes on the heap the results of n calls of makeOne hold, each.
func Held(n int, makeOne func() any) float64 {
	kept := make([]any, n)
	kept[0] = makeOne() // what is made once for all is not counted
	before := heap()
	for i := range kept {
		kept[i] = makeOne()
	}
	after := heap()
	runtime.KeepAlive(kept)
	return math.Round(float64(after-before) / float64(n))
}

func heap() int64 {
	var m runtime.MemStats
	for range 3 { // finalizers and pools need several
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A Ratio compares a sample with another of the same rounds.
type Ratio struct {
	Median, Low, High float64 // Low and High are the quartiles of the rounds' ratios
	Best              float64 // of each sample's least disturbed rounds
}

// Compare returns the ratio of s to base. Each round gives one ratio.
func Compare(s, base Sample) Ratio {
	ratios := make([]float64, min(len(s.Rounds), len(base.Rounds)))
	for i := range ratios {
		ratios[i] = s.Rounds[i] / base.Rounds[i]
	}
	return Ratio{Quantile(ratios, 0.5), Quantile(ratios, 0.25), Quantile(ratios, 0.75), Quantile(s.Rounds, 0.1) / Quantile(base.Rounds, 0.1)}
}

// Misses reports whether r is above target by more than the noise of its own run. The distance from
// the median to the lower quartile is noise. So is what is gone in the least disturbed rounds: a
// processor that another program takes away now and then does not hit both samples alike.
func (r Ratio) Misses(target float64) bool { return r.Low > target && r.Best > target }

// Quantile returns the q-quantile of values, 0.5 for the median, by linear interpolation. It
// returns NaN if there are no values.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 == len(sorted) {
		return sorted[low]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}
