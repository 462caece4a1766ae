package agreement

import (
	"errors"
	"sync"
	"testing"

	"github.com/finsdk/finsdk-go/interop/table"
)

// specs are the documents of the vendors.
const specs = "../../specs"

// compare sends the requests on record for a Keycloak to the sandbox, and compares the answers.
func compare(t *testing.T, version string, recordings []Recording) []Comparison {
	t.Helper()
	stage, err := NewStage(version)
	if err != nil {
		t.Fatal(err)
	}
	got, errs := make([]table.Answer, len(recordings)), make([]error, len(recordings))
	var wg sync.WaitGroup
	turns := make(chan struct{}, 4)
	for i, r := range recordings {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			got[i], errs[i] = stage.Send(t.Context(), r.Case)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	all := make([]Comparison, len(recordings))
	for i, r := range recordings {
		all[i] = Comparison{Version: version, Case: r.Case.Name, Differences: table.Differences(r.Answer, got[i])}
	}
	return all
}
