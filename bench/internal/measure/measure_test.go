package measure

import (
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func TestQuantile_interpolates(t *testing.T) {
	for _, c := range []struct {
		values []float64
		q      float64
		want   float64
	}{
		{[]float64{3, 1, 2}, 0.5, 2},
		{[]float64{4, 1, 3, 2}, 0.5, 2.5},
		{[]float64{1, 2, 3, 4, 5}, 0.25, 2},
		{[]float64{7}, 0.99, 7},
		{[]float64{0, 10}, 0.9, 9},
	} {
		if got := Quantile(c.values, c.q); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("Quantile(%v, %v) = %v, want %v", c.values, c.q, got, c.want)
		}
	}
	if !math.IsNaN(Quantile(nil, 0.5)) {
		t.Error("no values have a median")
	}
}

func TestQuantile_leavesItsArgumentInOrder(t *testing.T) {
	values := []float64{3, 1, 2}
	Quantile(values, 0.5)
	if values[0] != 3 || values[1] != 1 {
		t.Errorf("got %v", values)
	}
}

// A machine that is slow for a while slows both: the ratio of each round stays.
func TestCompare_pairsTheRounds(t *testing.T) {
	base := Sample{Rounds: []float64{10, 1000, 10, 20}}
	twice := Sample{Rounds: []float64{20, 2000, 20, 40}}
	if got := Compare(twice, base); got != (Ratio{2, 2, 2, 2}) {
		t.Errorf("got %+v", got)
	}
}

func TestMisses_allowsTheNoiseOfItsOwnRun(t *testing.T) {
	base := Sample{Rounds: []float64{10, 10, 10, 10, 10}}
	noisy := Compare(Sample{Rounds: []float64{9, 10, 12, 13, 14}}, base)
	if noisy.Median <= 1.15 || noisy.Misses(1.15) {
		t.Errorf("%+v: its median is above 1.15, its lower quartile is not", noisy)
	}
	steady := Compare(Sample{Rounds: []float64{12, 12, 12, 13, 12}}, base)
	if !steady.Misses(1.15) {
		t.Errorf("%+v misses 1.15 in every round", steady)
	}
}

func TestMisses_needsMoreThanTheNoise(t *testing.T) {
	for name, c := range map[string]struct {
		r    Ratio
		want bool
	}{
		"steady":              {Ratio{1.2, 1.2, 1.2, 1.2}, true},
		"below in a quarter":  {Ratio{1.2, 0.9, 1.4, 1.2}, false},
		"disturbed by others": {Ratio{2, 1.3, 2.5, 0.9}, false},
	} {
		if got := c.r.Misses(1); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestRun_measuresEachCaseInEveryRound(t *testing.T) {
	for _, cores := range []int{1, 2} {
		var calls [2]atomic.Int64
		samples := Run(Plan{Rounds: 3, Slice: time.Millisecond, Cores: cores},
			Case{Name: "first", Op: func() { calls[0].Add(1) }}, Case{Name: "second", Op: func() { calls[1].Add(1) }})
		for i, s := range samples {
			if len(s.Rounds) != 3 || slices.Min(s.Rounds) <= 0 || s.Name != []string{"first", "second"}[i] {
				t.Errorf("%d cores: %+v", cores, s)
			}
			if calls[i].Load() < int64(3*cores) {
				t.Errorf("%d cores: %s ran %d times", cores, s.Name, calls[i].Load())
			}
		}
	}
}

var kept []byte

func TestAllocs_areExact(t *testing.T) {
	allocs, bytes := Allocs(100, Case{Op: func() { kept = make([]byte, 64) }})
	if allocs != 1 || bytes != 64 {
		t.Errorf("%v allocations of %v bytes, want 1 of 64", allocs, bytes)
	}
}

func TestReset_isNotCounted(t *testing.T) {
	resets, calls := 0, 0
	c := Case{Op: func() { calls++; kept = make([]byte, 64) }, Batch: 10, Reset: func() {
		if resets++; calls > resets*10 {
			t.Errorf("%d calls after %d resets", calls, resets)
		}
		kept = make([]byte, 1024)
	}}
	if allocs, bytes := Allocs(100, c); allocs != 1 || bytes != 64 {
		t.Errorf("%v allocations of %v bytes, want 1 of 64", allocs, bytes)
	}
	if Run(Plan{Rounds: 1, Slice: time.Millisecond}, c); resets < calls/10 {
		t.Errorf("%d calls with %d resets", calls, resets)
	}
}

func TestHeld_countsWhatIsReachable(t *testing.T) {
	got := Held(1000, func() any {
		_ = make([]byte, 4096)
		return make([]byte, 1024)
	})
	if got < 1024 || got > 1200 {
		t.Errorf("%v bytes each, want some 1,024", got)
	}
}
