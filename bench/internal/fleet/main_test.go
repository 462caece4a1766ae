package fleet

import (
	"os"
	"testing"
	"time"
)

// The tests' own processes are replicas too.
func TestMain(m *testing.M) {
	Child()
	os.Exit(m.Run())
}

func TestSimulate_returnsWhatRunReturns(t *testing.T) {
	s := small()
	s.Replicas, s.Day, s.Store = 3, time.Hour, true
	got, err := Simulate(s)
	if err != nil {
		t.Fatal(err)
	}
	if want := Run(t, s); got.Scenario.Name != s.Name || got.Calls < want.Calls*9/10 || got.Requests < 3 || got.Requests > 6 || got.Failed != 0 {
		t.Errorf("got %+v, want as %+v", got, want)
	}
}

// One replica over a socket, with its token in a file.
func TestReal_isAProcessForEachReplica(t *testing.T) {
	s := Short(2, 0, true)
	s.Day, s.Every, s.Lifetime = 200*time.Millisecond, 20*time.Millisecond, time.Minute
	r, err := Real(s, "file:"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests < 1 || r.Requests > 2 || r.Calls < 2 || r.Failed != 0 {
		t.Errorf("%+v", r)
	}
}
