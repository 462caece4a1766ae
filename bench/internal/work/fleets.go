package work

import (
	"fmt"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/fleet"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

// Grown lets fleets of growing size live through a day, at most of the given number of replicas. It
// also returns the results, for the picture.
func Grown(most int) (Table, []fleet.Result, error) {
	t := Table{
		Title: "Fleets by size",
		About: fmt.Sprintf("In virtual time. Each replica has a source of its own, with the engine that services run, and makes a call a minute or so; tokens live for 15 minutes, "+
			"replicas for a day, and the whole fleet starts at once. The vendor answers %d requests a minute and the others with 429, Retry-After 60. OneFinOps publishes no number: %d is this page's assumption. "+
			"A call fails if it has no token after 10 s. Beyond the limit finsdk-go without a store fails more calls than x/oauth2, because it keeps to Retry-After, and x/oauth2 asks again at every call. Without a store the largest fleets live through a shorter day, because this machine has to send each request that fails. Calls that find a fresh token are counted and not made.", fleet.Limit, fleet.Limit),
		Columns: []string{"replicas", "", "virtual time", "requests a minute", "in the busiest", "answered 429", "calls", "calls failed", "real time"},
	}
	results, err := fleet.SimulateAll(fleet.Sizes(most))
	if err != nil {
		return t, nil, err
	}
	for _, r := range results {
		s := r.Scenario
		t.row(number(float64(s.Replicas)), s.Name, hours(s.Day), rate(r), number(float64(r.PeakMinute)),
			number(float64(r.TooMany)), number(float64(r.Calls)), failed(r), r.Took.Round(time.Second).String())
		if s.Store {
			name := fmt.Sprintf("%s replicas with a shared store: ", number(float64(s.Replicas)))
			t.count(name+"requests in the busiest minute", float64(r.PeakMinute), goal{target: 2})
			t.count(name+"calls failed", float64(r.Failed), goal{})
		}
	}
	return t, results, nil
}

// Days lets fleets of the given sizes live through days on which something happens.
func Days(sizes ...int) (Table, error) {
	t := Table{
		Title: "Fleets and what happens to them",
		About: "finsdk-go, for a day of virtual time each, as above. A rolling deployment takes five minutes. " +
			"A store that fails keeps each caller as long as the source lets it, and each replica then asks the vendor itself, as without a store.",
		Columns: []string{"", "replicas", "store", "requests a minute", "in the busiest", "answered 429", "with the revoked secret", "calls", "calls failed"},
	}
	var all []fleet.Scenario
	for _, replicas := range sizes {
		all = append(all, fleet.Days(replicas)...)
	}
	results, err := fleet.SimulateAll(all)
	if err != nil {
		return t, err
	}
	for _, r := range results {
		s, replicas := r.Scenario, number(float64(r.Scenario.Replicas))
		store := "none"
		if s.Store {
			store = "shared"
		}
		t.row(s.Name, replicas, store, rate(r), number(float64(r.PeakMinute)), number(float64(r.TooMany)), number(float64(r.WrongSecret)), number(float64(r.Calls)), failed(r))
		quiet := s.Closed[1] == 0 && s.Revoked == 0 && (s.StoreFails[1] == 0 || s.Replicas <= s.Limit)
		if s.Store && quiet {
			t.count(fmt.Sprintf("%s, %s replicas with a shared store: calls failed", s.Name, replicas), float64(r.Failed), goal{})
		}
	}
	return t, nil
}

func failed(r fleet.Result) string {
	if r.Failed == 0 {
		return "0"
	}
	share := 100 * float64(r.Failed) / float64(r.Calls)
	if share >= 10 {
		return fmt.Sprintf("%s (%.0f %%)", number(float64(r.Failed)), share)
	}
	return fmt.Sprintf("%s (%.2g %%)", number(float64(r.Failed)), share)
}

// rate writes a number of requests a minute with three digits.
func rate(r fleet.Result) string {
	if r.PerMinute() >= 100 {
		return number(r.PerMinute())
	}
	return fmt.Sprintf("%.3g", r.PerMinute())
}

func hours(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.3g h", d.Hours())
}

// FleetNames are the kinds of fleets that Grown compares, in the order of the picture.
var FleetNames = []string{peer.Ours + ", shared store", peer.Reference, peer.Ours}
