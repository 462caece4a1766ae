package work

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/measure"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

// Cached measures a call that finds a token, on one core and on all.
func Cached(size Size) Table {
	t := Table{
		Title:   "A cached token",
		About:   "A call that finds a valid token. The floor is one atomic load and one time.Now.",
		Columns: []string{"", "one core", "to the floor", "all cores", "to the floor", "allocations"},
	}
	cases := []measure.Case{{Name: "floor", Op: floor()}}
	peers := size.peers()
	for _, p := range peers {
		cases = append(cases, measure.Case{Name: p.Name, Op: call(p)})
	}
	one := measure.Run(size.on(1), cases...)
	all := measure.Run(size.on(allCores()), cases...)
	for i, c := range cases {
		allocs, _ := measure.Allocs(1000, c)
		t.row(c.Name, nanoseconds(one[i]), ratio(measure.Compare(one[i], one[0])),
			nanoseconds(all[i]), ratio(measure.Compare(all[i], all[0])), number(allocs))
		if c.Name == peer.Ours {
			t.atMost("cached token to the floor, one core", measure.Compare(one[i], one[0]), goal{target: 1.15, held: 1.25, why: throughAdapter})
			t.atMost("cached token to the floor, all cores", measure.Compare(all[i], all[0]), goal{target: 1.15, held: 1.4, why: throughAdapter})
			t.count("allocations of a cached token", allocs, goal{})
			for j := i + 1; j < len(cases); j++ {
				t.atMost("cached token to that of "+cases[j].Name+", one core", measure.Compare(one[i], one[j]), goal{target: 1})
				t.atMost("cached token to that of "+cases[j].Name+", all cores", measure.Compare(all[i], all[j]), goal{target: 1})
			}
		}
	}
	for i, s := range one {
		if i > 0 {
			t.Bars = append(t.Bars, Bar{s.Name, s.Median()})
		}
	}
	return t
}

const throughAdapter = "a library is called through the adapter that makes the work the same for all, the floor is not"

func floor() func() {
	type token struct{ expiry time.Time }
	var p atomic.Pointer[token]
	p.Store(&token{time.Now().Add(time.Hour)})
	return func() {
		if !time.Now().Before(p.Load().expiry) {
			panic("expired")
		}
	}
}

func call(p peer.Peer) func() {
	cache := p.Cache(forever)
	ctx := context.Background()
	return func() {
		if _, err := cache(ctx); err != nil {
			panic(err)
		}
	}
}
