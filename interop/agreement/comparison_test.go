package agreement

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/finsdk/finsdk-go/interop/keycloak"
	"github.com/finsdk/finsdk-go/interop/table"
)

// specs are the documents of the vendors.
const specs = "../../specs"

// recorded compares the sandbox with what each version of Keycloak is on record with.
func recorded(t *testing.T, cases []table.Case, answers func(version string) (map[string]table.Answer, error)) []Comparison {
	t.Helper()
	var all []Comparison
	for _, version := range keycloak.Versions {
		want, err := answers(version)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, compare(t, version, cases, want)...)
	}
	return all
}

// compare sends cases to the sandbox, and holds its answers against those of a Keycloak.
func compare(t *testing.T, version string, cases []table.Case, want map[string]table.Answer) []Comparison {
	t.Helper()
	stage, err := NewStage(version)
	if err != nil {
		t.Fatal(err)
	}
	got, errs := make([]table.Answer, len(cases)), make([]error, len(cases))
	var wg sync.WaitGroup
	turns := make(chan struct{}, 4)
	for i, c := range cases {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			got[i], errs[i] = stage.Send(t.Context(), c)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	var all []Comparison
	for i, c := range cases {
		answer, ok := want[c.Name]
		if !ok {
			t.Fatalf("no Keycloak %s is on record with %s", version, c.Name)
		}
		all = append(all, Comparison{Version: version, Case: c.Name, Differences: table.Differences(answer, got[i])})
	}
	return all
}

// observed are the answers to the table, which the tests in interop record.
func observed(version string) (map[string]table.Answer, error) {
	answers := map[string]table.Answer{}
	for _, c := range table.Cases() {
		var answer table.Answer
		data, err := os.ReadFile(filepath.Join("..", "testdata", "keycloak-"+version, c.Name+".json"))
		if err == nil {
			err = json.Unmarshal(data, &answer)
		}
		if err != nil {
			return nil, err
		}
		answers[c.Name] = answer
	}
	return answers, nil
}
