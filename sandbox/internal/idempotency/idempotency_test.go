package idempotency

import (
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestDo_remembersKeys(t *testing.T) {
	var s Store[int]
	runs := 0
	run := func() int { runs++; return runs }
	now := time.Now()
	for _, tt := range []struct {
		name, slot, path, body string
		at                     time.Duration
		answer                 int
		outcome                Outcome
	}{
		{"first", "k", "/a", "x", 0, 1, Ran},
		{"the same again", "k", "/a", "x", time.Hour, 1, Replayed},
		{"another body", "k", "/a", "y", time.Hour, 0, Mismatched},
		{"another path", "k", "/b", "x", time.Hour, 0, Mismatched},
		{"another key", "l", "/a", "x", time.Hour, 2, Ran},
		{"just before it is forgotten", "k", "/a", "x", Keep - 1, 1, Replayed},
		{"once it is forgotten", "k", "/a", "y", Keep, 3, Ran},
		{"from then on", "k", "/a", "y", 2*Keep - 1, 3, Replayed},
	} {
		if answer, outcome := s.Do(tt.slot, tt.path, []byte(tt.body), now.Add(tt.at), run); answer != tt.answer || outcome != tt.outcome {
			t.Errorf("%s: %d, %v, want %d, %v", tt.name, answer, outcome, tt.answer, tt.outcome)
		}
	}
}

func TestDo_runsConcurrentCallsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Store[int]
		var wg sync.WaitGroup
		runs := 0
		for range 10 {
			wg.Go(func() {
				answer, _ := s.Do("k", "/", nil, time.Now(), func() int { time.Sleep(time.Second); runs++; return 7 })
				if answer != 7 {
					t.Errorf("got %d", answer)
				}
			})
		}
		wg.Wait()
		if runs != 1 {
			t.Errorf("%d runs", runs)
		}
	})
}

func TestDo_survivesAPanic(t *testing.T) {
	var s Store[int]
	func() {
		defer func() { _ = recover() }()
		s.Do("k", "/", nil, time.Time{}, func() int { panic("at work") })
	}()
	if answer, outcome := s.Do("k", "/", nil, time.Time{}, func() int { return 7 }); answer != 7 || outcome != Ran {
		t.Errorf("%d, %v", answer, outcome)
	}
}

func TestStore_isBounded(t *testing.T) {
	var s Store[int]
	for i := range 3 * most {
		s.Do(strconv.Itoa(i), "/", nil, time.Time{}, func() int { return i })
	}
	for slot, want := range map[string]Outcome{"0": Ran, strconv.Itoa(3*most - 1): Replayed} {
		if _, outcome := s.Do(slot, "/", nil, time.Time{}, func() int { return 0 }); outcome != want {
			t.Errorf("slot %s: %v, want %v", slot, outcome, want)
		}
	}
}
