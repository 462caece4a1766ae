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

// TestLive sends the requests on record to running Keycloaks and to the sandbox; in short mode, to
// the newest Keycloak only. With -record it draws new random requests, and puts them on record with
// the Keycloaks' answers.
func TestLive(t *testing.T) {
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
			if *record {
				cases, err := Random(specs)
				if err != nil {
					t.Fatal(err)
				}
				if err := WriteRandom(version, ask(t, target, cases)); err != nil {
					t.Fatal(err)
				}
				return
			}
			cases := table.Cases()
			random, err := ReadRandom(version)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range random {
				cases = append(cases, r.Case)
			}
			// A reason may apply to one version only, so no reason counts as idle here.
			tally := Count(compare(t, version, ask(t, target, cases)), Reasons)
			tally.Idle = nil
			report(t, "live", tally)
		})
	}
}

// ask sends cases to a Keycloak. It sends cases that do not affect others in parallel.
func ask(t *testing.T, target table.Target, cases []table.Case) []Recording {
	t.Helper()
	list, errs := make([]Recording, len(cases)), make([]error, len(cases))
	var wg sync.WaitGroup
	turns := make(chan struct{}, 16) // most slow cases only wait
	for i, c := range cases {
		list[i].Case = c
		if c.Event == "" {
			wg.Go(func() {
				turns <- struct{}{}
				defer func() { <-turns }()
				list[i].Answer, errs[i] = target.Send(t.Context(), c)
			})
		}
	}
	wg.Wait()
	for i, c := range cases {
		if c.Event != "" {
			list[i].Answer, errs[i] = target.Send(t.Context(), c)
		}
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return list
}
