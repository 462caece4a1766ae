package fleet

import (
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

// Limit stands for OneFinOps's limit in requests a minute, which the vendor does not publish. It is
// this report's assumption.
const Limit = 60

const day = 24 * time.Hour

// usual returns a fleet as most are: tokens of 15 minutes, as OneFinOps has them, calls a minute
// apart, and replicas that live for a day.
func usual(replicas int) Scenario {
	return Scenario{
		Replicas: replicas,
		Client:   peer.Ours,
		Day:      day,
		Every:    time.Minute,
		Lifetime: 15 * time.Minute,
		Latency:  100 * time.Millisecond,
		Limit:    Limit,
		Restarts: day,
	}
}

// Sizes returns fleets from 10 replicas to the given number, each with x/oauth2, without a store,
// and with one. Without a store the larger ones live for a shorter day: most of their requests fail,
// minute for minute, and the machine has to send them all.
func Sizes(most int) []Scenario {
	var all []Scenario
	for replicas := 10; replicas <= most; replicas *= 10 {
		for _, kind := range []string{peer.Reference, peer.Ours, withStore} {
			s := usual(replicas)
			s.Name = kind
			s.Store = kind == withStore
			if kind == peer.Reference {
				s.Client = peer.Reference
			}
			if replicas > 1000 && !s.Store {
				s.Day = 30 * time.Minute
			}
			all = append(all, s)
		}
	}
	return all
}

const withStore = peer.Ours + ", shared store"

// Days returns days on which something happens to a fleet, each without a store and with one.
func Days(replicas int) []Scenario {
	days := []struct {
		name   string
		change func(*Scenario)
	}{
		{"a quiet day", func(*Scenario) {}},
		{"restarts every hour", func(s *Scenario) { s.Restarts = time.Hour }},
		{"six rolling deployments", func(s *Scenario) {
			for d := 2 * time.Hour; d < day; d += 4 * time.Hour {
				s.Deploys = append(s.Deploys, d)
			}
			s.DeployFor = 5 * time.Minute
		}},
		{"a day of 429s", func(s *Scenario) { s.Closed = [2]time.Duration{0, day} }},
		{"429s for an hour", func(s *Scenario) { s.Closed = [2]time.Duration{8 * time.Hour, 9 * time.Hour} }},
		{"the secret revoked at noon", func(s *Scenario) { s.Revoked = day / 2 }},
		{"the store fails for an hour", func(s *Scenario) { s.StoreFails = [2]time.Duration{8 * time.Hour, 9 * time.Hour} }},
	}
	var all []Scenario
	for _, d := range days {
		for _, store := range []bool{false, true} {
			s := usual(replicas)
			s.Name, s.Store = d.name, store
			d.change(&s)
			if s.StoreFails[1] == 0 || store {
				all = append(all, s)
			}
		}
	}
	return all
}

// Short returns a fleet that also lives in real time: it lives for 30 s, and its tokens for 10. A
// limit of 0 means none.
func Short(replicas, limit int, store bool) Scenario {
	s := usual(replicas)
	s.Day, s.Every, s.Lifetime, s.Restarts = 30*time.Second, 200*time.Millisecond, 10*time.Second, 0
	s.Store = store
	if s.Limit = limit; limit == 0 {
		s.Limit = 1_000_000
	}
	return s
}
