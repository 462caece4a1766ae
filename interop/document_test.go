package interop_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/interop/keycloak"
	"github.com/finsdk/finsdk-go/interop/table"
)

const (
	document = "../docs/keycloak-observed.md"
	marker   = "<!-- What follows is written by `go test -run TestDocument -update` in interop. -->\n"
)

// TestDocument compares the table in docs with the answers in testdata. It needs no server. The
// table says of a case that is not on record that it was not observed.
func TestDocument(t *testing.T) {
	var servers []string
	var answers []map[string]table.Answer
	for _, version := range keycloak.Versions {
		byCase := map[string]table.Answer{}
		for _, c := range table.Cases() {
			path := filepath.Join("testdata", "keycloak-"+version, c.Name+".json")
			answer, err := read(path)
			if errors.Is(err, fs.ErrNotExist) || err == nil && !answer.Answers(c) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			byCase[c.Name] = answer
		}
		servers = append(servers, version)
		answers = append(answers, byCase)
	}
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	written, _, found := strings.Cut(string(data), marker)
	if !found {
		t.Fatalf("%s has lost its marker line", document)
	}
	want := written + marker + "\n" + table.Markdown(table.Cases(), servers, answers)
	if want == string(data) {
		return
	}
	if !*update {
		t.Fatalf("%s is not what testdata says; go test -run TestDocument -update writes it", document)
	}
	write(t, document, []byte(want))
}
