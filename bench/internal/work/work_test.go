package work

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/fleet"
	"github.com/finsdk/finsdk-go/bench/internal/measure"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

func TestNumber_groupsDigits(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := number(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}

func TestMilliseconds_keepsTwoDigits(t *testing.T) {
	for d, want := range map[time.Duration]string{200 * time.Nanosecond: "0.2 µs", 123 * time.Microsecond: "123 µs", 1234 * time.Microsecond: "1.2 ms", 1234 * time.Millisecond: "1,234 ms"} {
		if got := milliseconds(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}

func TestFailed_writesNoExponent(t *testing.T) {
	for failures, want := range map[int]string{0: "0", 1: "1 (0.1 %)", 45: "45 (4.5 %)", 909: "909 (91 %)", 1000: "1,000 (100 %)"} {
		if got := failed(fleet.Result{Calls: 1000, Failed: failures}); got != want {
			t.Errorf("%d: %s, want %s", failures, got, want)
		}
	}
	r := fleet.Result{Requests: 9190 * 60, Scenario: fleet.Scenario{Day: time.Hour}}
	if got := rate(r); got != "9,190" {
		t.Errorf("got %s", got)
	}
}

func TestCheck_failsOnlyBeyondWhatIsHeld(t *testing.T) {
	var table Table
	for _, got := range []float64{1, 2, 3} {
		table.count("", got, goal{target: 1, held: 2, why: "because"})
	}
	steady := measure.Ratio{Median: 0.5, Low: 0.5, High: 0.5, Best: 0.5}
	table.atMost("", steady, goal{target: 0.6})
	table.atMost("", steady, goal{target: 0.4})
	table.atMost("", measure.Ratio{Median: 0.5, Low: 0.4, High: 0.6}, goal{target: 0.45})
	want := []Check{{Met: true, OK: true}, {OK: true, Why: "because"}, {Why: "because"}, {Met: true, OK: true}, {}, {Near: true, OK: true}}
	for i, c := range table.Checks {
		if c.Met != want[i].Met || c.Near != want[i].Near || c.OK != want[i].OK || c.Why != want[i].Why {
			t.Errorf("check %d: %+v, want %+v", i, c, want[i])
		}
	}
}

func TestTokenServer_keepsAndClosesConnectionsAsAsked(t *testing.T) {
	server := newTokenServer()
	defer server.close()
	for _, closed := range []bool{false, true} {
		tr := &http.Transport{DisableKeepAlives: closed}
		client := &http.Client{Transport: tr}
		for range 3 {
			resp, err := client.Post(server.url, "text/plain", strings.NewReader("a body"))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil || !strings.Contains(string(body), longToken) || resp.Close != closed {
				t.Errorf("%q, %v, closed %v, want %v", body, err, resp.Close, closed)
			}
			_ = resp.Body.Close()
		}
		tr.CloseIdleConnections()
	}
}

// The counts are the same on every machine.
func TestCounts_areMet(t *testing.T) {
	size := Size{Plan: measure.Plan{Rounds: 1, Slice: time.Millisecond}, Short: true}
	for _, f := range []func(Size) Table{Cold, Refused} {
		for _, c := range f(size).Checks {
			if !c.Met {
				t.Errorf("%s: %s, %s", c.Name, c.Got, c.Target)
			}
		}
	}
}

func TestForever_livesOn(t *testing.T) {
	for _, p := range peer.All() {
		if token, err := p.Cache(forever)(context.Background()); err != nil || token != longToken {
			t.Errorf("%s: %d bytes, %v", p.Name, len(token), err)
		}
	}
}
