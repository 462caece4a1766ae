package agreement

import (
	"errors"
	"flag"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/finsdk/finsdk-go/interop/keycloak"
	"github.com/finsdk/finsdk-go/interop/table"
)

var record = flag.Bool("record", false, "record what running Keycloaks answer to the random requests")

// TestLive sends everything to running Keycloaks and to the sandbox in the same run; in short mode, to the newest only.
func TestLive(t *testing.T) {
	random, err := Random(specs)
	if err != nil {
		t.Fatal(err)
	}
	versions := keycloak.Versions
	if v := os.Getenv("KEYCLOAK_VERSIONS"); v != "" {
		versions = strings.Fields(v)
	}
	if testing.Short() || os.Getenv("KEYCLOAK_URL") != "" {
		versions = versions[:1]
	}
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			server, err := keycloak.Start(t.Context(), version)
			if errors.Is(err, keycloak.ErrNotFetched) {
				t.Skipf("*** The sandbox was not held against a running Keycloak %s: %v. "+
					"interop/keycloak/fetch.sh %s gets it, and KEYCLOAK_URL names a running one.", version, err, version)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := server.Close(); err != nil {
					t.Error(err)
				}
			})
			target := table.Target{BaseURL: server.URL, Event: server.Admin.Event}
			answers := ask(t, target, random)
			if *record {
				if err := WriteRecord(version, answers); err != nil {
					t.Fatal(err)
				}
			}
			live := map[string]table.Answer{}
			for _, answer := range append(answers, ask(t, target, table.Cases())...) {
				live[answer.Case] = answer
			}
			comparisons := compare(t, version, append(table.Cases(), random...), live)
			// A reason may be for what one version alone answers, so none is idle here.
			tally := Count(comparisons, Reasons)
			tally.Idle = nil
			report(t, "live", tally)
		})
	}
}

// ask sends cases to a Keycloak, those side by side that change nothing for the others.
func ask(t *testing.T, target table.Target, cases []table.Case) []table.Answer {
	t.Helper()
	answers, errs := make([]table.Answer, len(cases)), make([]error, len(cases))
	var wg sync.WaitGroup
	turns := make(chan struct{}, 16) // most of the slow ones only wait
	for i, c := range cases {
		if c.Event == "" {
			wg.Go(func() {
				turns <- struct{}{}
				defer func() { <-turns }()
				answers[i], errs[i] = target.Send(t.Context(), c)
			})
		}
	}
	wg.Wait()
	for i, c := range cases {
		if c.Event != "" {
			answers[i], errs[i] = target.Send(t.Context(), c)
		}
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return answers
}
