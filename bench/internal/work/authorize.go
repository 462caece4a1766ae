package work

import (
	"context"
	"fmt"
	"net/http"

	"github.com/finsdk/finsdk-go/bench/internal/measure"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

// Authorized measures what it costs to put the token on a request: by an editor, which changes the
// request, and by a RoundTripper, which copies it. Nothing is sent.
func Authorized(size Size) Table {
	t := Table{
		Title: "A request authorised",
		About: "A GET with two header fields gets a token of 1,200 bytes. Nothing is sent. The ratios are to " + peer.Reference +
			"'s Transport. Only finsdk-go holds the token to a list of hosts.",
		Columns: []string{"", "time", "to x/oauth2's Transport", "allocations", "bytes"},
	}
	var cases []measure.Case
	reference := 0
	add := func(name string, c measure.Case) {
		c.Name = name
		cases = append(cases, c)
	}
	for _, p := range size.peers() {
		if p.Editor != nil {
			add(p.Name+", editor", edit(p.Editor(forever)))
		}
		if p.Name == peer.Ours {
			add(ourEditor, edit(p.Editor(forever, "api.example.com")))
		}
		if p.Transport != nil {
			if p.Name == peer.Reference {
				reference = len(cases)
			}
			add(p.Name+", Transport", trip(p.Transport(forever, newCanned())))
		}
		if p.Name == peer.Ours {
			add(ourTransport, trip(p.Transport(forever, newCanned(), "api.example.com")))
		}
	}
	plan := size.on(1)
	// A slice has to pay for many collections of its garbage, not for one or none.
	plan.Rounds, plan.Slice = plan.Rounds/2, 5*plan.Slice
	samples := measure.Run(plan, cases...)
	for i, c := range cases {
		allocs, bytes := measure.Allocs(1024, c)
		r := measure.Compare(samples[i], samples[reference])
		t.row(c.Name, nanoseconds(samples[i]), ratio(r), number(allocs), number(bytes))
		if target, ok := authorizeTargets[c.Name]; ok {
			t.atMost(c.Name+" to x/oauth2's Transport", r, target.ratio)
			t.count(c.Name+": allocations", allocs, goal{target: target.allocs})
		}
	}
	return t
}

const (
	ourEditor    = peer.Ours + ", editor with a host list"
	ourTransport = peer.Ours + ", Transport with a host list"
)

var authorizeTargets = map[string]struct {
	ratio  goal
	allocs float64
}{
	peer.Ours + ", editor": {goal{target: 0.10, held: 0.16, why: "beyond the clock's 60 ns it looks through the names of the header for an Authorization in any spelling, " +
		"puts one in, and allocates its slice"}, 1},
	ourEditor: {goal{target: 0.14}, 1},
	ourTransport: {goal{target: 0.45, held: 0.60, why: "three quarters of it is the copy of the request, of its URL and of its header, in 880 bytes; " +
		"x/oauth2's is as large, and what it allocates beside that is 1,280 bytes for the header's value"}, 3},
}

// edit takes the header off again where it is not measured, so that each call does the whole work.
func edit(e peer.Editor) measure.Case {
	ctx, at := context.Background(), 0
	requests := make([]*http.Request, 1024)
	for i := range requests {
		requests[i] = newRequest()
	}
	return measure.Case{
		Op: func() {
			if err := e(ctx, requests[at]); err != nil {
				panic(err)
			}
			at++
		},
		Batch: len(requests),
		Reset: func() {
			at = 0
			for _, req := range requests {
				delete(req.Header, "Authorization")
			}
		},
	}
}

func trip(rt http.RoundTripper) measure.Case {
	req := newRequest()
	return measure.Case{Op: func() {
		if resp, err := rt.RoundTrip(req); err != nil || resp.StatusCode != http.StatusOK {
			panic(fmt.Sprint(resp, err))
		}
	}}
}
