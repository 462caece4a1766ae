package idempotency

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
)

var seven = answer.Answer{Status: 7}

func TestDo_remembersKeys(t *testing.T) {
	var s Store
	runs := 0
	run := func() answer.Answer { runs++; return answer.Answer{Status: runs} }
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
		{"just before it is forgotten", "k", "/a", "x", keep - 1, 1, Replayed},
		{"once it is forgotten", "k", "/a", "y", keep, 3, Ran},
		{"from then on", "k", "/a", "y", 2*keep - 1, 3, Replayed},
	} {
		if a, outcome := s.Do(tt.slot, tt.path, []byte(tt.body), now.Add(tt.at), run); a.Status != tt.answer || outcome != tt.outcome {
			t.Errorf("%s: %d, %v, want %d, %v", tt.name, a.Status, outcome, tt.answer, tt.outcome)
		}
	}
}

func TestDo_runsConcurrentCallsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Store
		var wg sync.WaitGroup
		runs := 0
		for range 10 {
			wg.Go(func() {
				a, _ := s.Do("k", "/", nil, time.Now(), func() answer.Answer { time.Sleep(time.Second); runs++; return seven })
				if a.Status != 7 {
					t.Errorf("got %d", a.Status)
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
	var s Store
	func() {
		defer func() { _ = recover() }()
		s.Do("k", "/", nil, time.Time{}, func() answer.Answer { panic("at work") })
	}()
	if a, outcome := s.Do("k", "/", nil, time.Time{}, func() answer.Answer { return seven }); a.Status != 7 || outcome != Ran {
		t.Errorf("%d, %v", a.Status, outcome)
	}
}

func TestDo_givesEachCallerItsOwnAnswer(t *testing.T) {
	var s Store
	for range 2 {
		a, _ := s.Do("k", "/", nil, time.Time{}, func() answer.Answer { return answer.OAuthError(400, "no", "") })
		if a.Header.Get("Changed") != "" || a.Members.Get("error") != "no" {
			t.Errorf("got %+v", a)
		}
		a.With("Changed", "yes")
		a.Members.Set("error", "changed")
	}
}

func TestStore_isBounded(t *testing.T) {
	for name, tt := range map[string]struct{ calls, size int }{
		"keys":  {3 * most, 1},
		"bytes": {30, 1 << 20},
	} {
		var s Store
		large := answer.Text(200, "", strings.Repeat("x", tt.size))
		for i := range tt.calls {
			s.Do(strconv.Itoa(i), "/", nil, time.Time{}, func() answer.Answer { return large })
		}
		for slot, want := range map[string]Outcome{"0": Ran, strconv.Itoa(tt.calls - 1): Replayed} {
			if _, outcome := s.Do(slot, "/", nil, time.Time{}, func() answer.Answer { return seven }); outcome != want {
				t.Errorf("%s, slot %s: %v, want %v", name, slot, outcome, want)
			}
		}
	}
}
