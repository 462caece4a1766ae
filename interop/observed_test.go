package interop_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/interop/keycloak"
	"github.com/finsdk/finsdk-go/interop/table"
)

var update = flag.Bool("update", false, "write what the servers answer to testdata and docs")

// versions are the Keycloaks to test with: KEYCLOAK_VERSIONS, or all that fetch.sh can get.
func versions() []string {
	if v := os.Getenv("KEYCLOAK_VERSIONS"); v != "" {
		return strings.Fields(v)
	}
	if os.Getenv("KEYCLOAK_URL") != "" {
		return keycloak.Versions[:1] // the server has only one version
	}
	return keycloak.Versions
}

// start runs a Keycloak for one test.
func start(t *testing.T, version string) *keycloak.Server {
	t.Helper()
	server, err := keycloak.Start(t.Context(), version)
	if errors.Is(err, keycloak.ErrNotFetched) {
		t.Skip(err) // interop/run.sh fetches both, and names those that it could not get
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// TestObserved sends the table to each Keycloak, and compares the answers with testdata.
func TestObserved(t *testing.T) {
	for _, version := range versions() {
		t.Run(version, func(t *testing.T) {
			server := start(t, version)
			target := table.Target{BaseURL: server.URL, Event: server.Admin.Event}
			send := func(t *testing.T, c table.Case) {
				answer, err := target.Send(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				check(t, version, answer)
				if slices.Contains(table.Flows, c.Name) {
					checkWire(t, version, c, answer)
				}
			}
			t.Run("plain", func(t *testing.T) {
				for _, c := range table.Cases() {
					if c.Event == "" {
						t.Run(c.Name, func(t *testing.T) {
							t.Parallel()
							send(t, c)
						})
					}
				}
			})
			// These cases change the server for all others, so each runs alone.
			for _, c := range table.Cases() {
				if c.Event != "" {
					t.Run(c.Name, func(t *testing.T) { send(t, c) })
				}
			}
		})
	}
}

// check compares an answer with the one in testdata, or writes it with -update.
func check(t *testing.T, version string, got table.Answer) {
	t.Helper()
	path := filepath.Join("testdata", "keycloak-"+version, got.Case+".json")
	want, err := read(path)
	if *update {
		// An answer that agrees is left unchanged: otherwise each run would change the lifetimes by
		// a second.
		if err == nil && len(table.Differences(want, got)) == 0 {
			return
		}
		write(t, path, encode(t, got))
		return
	}
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	for _, difference := range table.Differences(want, got) {
		t.Error(difference)
	}
}

// checkWire compares an answer with the bytes recorded of it. Only what an Answer holds is
// compared: headers and members come in another order from one start of a Keycloak to the next.
func checkWire(t *testing.T, version string, c table.Case, got table.Answer) {
	t.Helper()
	path := filepath.Join("..", "internal", "test", "testdata", "keycloak", version, c.Name+".http")
	var differences []string
	wire, err := os.ReadFile(path)
	if err == nil {
		var want table.Answer
		if want, err = table.ReadWire(c, wire); err == nil {
			differences = table.Differences(want, got)
		}
	}
	switch {
	case err == nil && len(differences) == 0:
	case *update:
		write(t, path, got.Wire)
	case err != nil:
		t.Errorf("%s: %v; go test -update writes it", path, err)
	default:
		t.Errorf("%s: %s", path, strings.Join(differences, "\n"))
	}
}

func read(path string) (table.Answer, error) {
	var answer table.Answer
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &answer)
	}
	return answer, err
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
