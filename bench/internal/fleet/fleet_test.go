package fleet

import (
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

func small() Scenario {
	s := usual(20)
	s.Day, s.Every = 3*time.Hour, 10*time.Second
	s.Restarts = 0
	return s
}

func TestReplicasThatShareAStoreAskForOne(t *testing.T) {
	alone, shared := small(), small()
	shared.Store = true
	a, b := Run(t, alone), Run(t, shared)
	// A token lives for 15 minutes, and is renewed in its last 90 s or so.
	if a.PeakMinute < 20 || a.Requests < 20*12 || a.Requests > 20*15 {
		t.Errorf("alone: %+v", a)
	}
	if b.PeakMinute > 2 || b.Requests < 12 || b.Requests > 16 {
		t.Errorf("shared: %+v", b)
	}
	if a.Failed+b.Failed > 0 || a.Calls < 20_000 {
		t.Errorf("calls failed: %+v, %+v", a, b)
	}
}

func TestVendorBeyondItsLimitAnswers429(t *testing.T) {
	s := small()
	s.Limit = 5
	r := Run(t, s)
	if r.TooMany == 0 || r.Failed == 0 || r.Requests-r.TooMany > 5*(int(s.Day.Minutes())+1) {
		t.Errorf("%+v", r)
	}
}

func TestRevokedSecretIsSentOncePerPause(t *testing.T) {
	s := small()
	s.Revoked = time.Hour
	alone := Run(t, s)
	s.Store = true
	shared := Run(t, s)
	if alone.WrongSecret < 20*5 || shared.WrongSecret < 5 || shared.WrongSecret > alone.WrongSecret/10 {
		t.Errorf("alone %d, shared %d", alone.WrongSecret, shared.WrongSecret)
	}
}

// After a hundred failures in a row the replicas still wait for what one of them was told.
func TestLongRefusalIsSharedToItsEnd(t *testing.T) {
	s := usual(3)
	s.Store, s.Restarts, s.Day = true, 0, 4*time.Hour
	s.Closed = [2]time.Duration{0, s.Day}
	if r := Run(t, s); r.TooMany < 120 || r.TooMany > 241 || r.Failed != r.Calls {
		t.Errorf("%+v", r)
	}
}

func TestStoreThatFailsFailsNoCall(t *testing.T) {
	s := small()
	s.Store = true
	s.StoreFails = [2]time.Duration{time.Hour, 2 * time.Hour}
	r := Run(t, s)
	if r.Failed > 0 || r.Requests < 20 {
		t.Errorf("%+v", r)
	}
}

func TestReplicasOfXOAuth2AskOnceEach(t *testing.T) {
	s := small()
	s.Client = peer.Reference
	if r := Run(t, s); r.PeakMinute < 20 || r.Failed > 0 {
		t.Errorf("%+v", r)
	}
}

func TestEachDeploymentRestartsEachReplica(t *testing.T) {
	s := small()
	quiet := Run(t, s)
	for d := 5 * time.Minute; d < s.Day; d += 5 * time.Minute { // more often than tokens are renewed
		s.Deploys = append(s.Deploys, d)
	}
	s.DeployFor = time.Minute
	if r := Run(t, s); quiet.Requests > 20*15 || r.Requests < 20*30 || r.Failed > 0 {
		t.Errorf("%d requests, without deployments %d; %d calls failed", r.Requests, quiet.Requests, r.Failed)
	}
}

func TestCallsThatNeedNothingNeedNotBeMade(t *testing.T) {
	for _, client := range []string{peer.Ours, peer.Reference} {
		s := small()
		s.Client, s.Restarts = client, time.Hour
		counted := Run(t, s)
		s.everyCall = true
		made := Run(t, s)
		near := func(a, b int) bool { return a <= b+b/50 && b <= a+a/50 }
		if !near(counted.Calls, made.Calls) || !near(counted.Requests, made.Requests) || counted.Failed+made.Failed > 0 {
			t.Errorf("%s: %+v\n%+v", client, counted, made)
		}
	}
}
