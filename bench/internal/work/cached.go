package work

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/measure"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

// Cached measures a call that finds a token, on one core and on all.
func Cached(size Size) Table {
	t := Table{
		Title:   "A cached token",
		About:   "A call that finds a valid token. The floor is one atomic load and one time.Now, called as the libraries are.",
		Columns: []string{"", "one core", "to the floor", "all cores", "to the floor", "allocations"},
	}
	cases := []measure.Case{{Name: "floor", Op: call(floor)}}
	peers := size.peers()
	for _, p := range peers {
		cases = append(cases, measure.Case{Name: p.Name, Op: call(p.Cache)})
	}
	one := measure.Run(size.on(1), cases...)
	all := measure.Run(size.on(allCores()), cases...)
	for i, c := range cases {
		allocs, _ := measure.Allocs(1000, c)
		t.row(c.Name, nanoseconds(one[i]), ratio(measure.Compare(one[i], one[0])),
			nanoseconds(all[i]), ratio(measure.Compare(all[i], all[0])), number(allocs))
		if c.Name == peer.Ours {
			t.atMost("cached token to the floor, one core", measure.Compare(one[i], one[0]), goal{target: 1.15, why: beyondTheFloor})
			t.atMost("cached token to the floor, all cores", measure.Compare(all[i], all[0]), goal{target: 1.15, why: beyondTheFloor})
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

const beyondTheFloor = "a token is valid by both the wall clock and the monotonic one, and a test may set either"

// floor is the least that a cache can do, behind the same interface as the libraries.
func floor(peer.Fetch) peer.Cache {
	type token struct {
		value  string
		expiry time.Time
	}
	var p atomic.Pointer[token]
	p.Store(&token{longToken, time.Now().Add(time.Hour)})
	return func(context.Context) (string, error) {
		t := p.Load()
		if !time.Now().Before(t.expiry) {
			return "", errors.New("expired")
		}
		return t.value, nil
	}
}

func call(open func(peer.Fetch) peer.Cache) func() {
	cache := open(forever)
	ctx := context.Background()
	return func() {
		if _, err := cache(ctx); err != nil {
			panic(err)
		}
	}
}
