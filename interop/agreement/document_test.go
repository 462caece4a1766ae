package agreement

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/interop/keycloak"
	"github.com/finsdk/finsdk-go/interop/table"
)

var update = flag.Bool("update", false, "write docs/sandbox-agreement.md")

// document has the result for people.
const document = "../../docs/sandbox-agreement.md"

// TestAgreement holds the sandbox against what Keycloak is on record with, for the table and for the random requests. Each
// difference has to have its reason, and each reason its differences; the document has to say the same. It needs no server.
func TestAgreement(t *testing.T) {
	random, err := Random(specs)
	if err != nil {
		t.Fatal(err)
	}
	ofTable := recorded(t, table.Cases(), observed)
	ofRandom := recorded(t, random, ReadRecord)
	all := Count(append(ofTable, ofRandom...), Reasons)
	report(t, "table and random requests", all)
	parts := []part{{"The table", Count(ofTable, Reasons)}, {"Random malformed requests", Count(ofRandom, Reasons)}}
	for _, p := range parts {
		for _, version := range keycloak.Versions {
			t.Logf("%s, Keycloak %s: %s", p.name, version, p.tally.line(version))
		}
	}
	if t.Failed() {
		return
	}
	want := write(parts, all)
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(document); err != nil || string(got) != want {
		t.Errorf("%s is not what this test finds (%v); go test ./agreement -run TestAgreement -update writes it", document, err)
	}
}

type part struct {
	name  string
	tally Tally
}

func write(parts []part, all Tally) string {
	var b strings.Builder
	b.WriteString(`# How far the sandbox agrees with Keycloak

Written by ` + "`go test ./agreement -run TestAgreement -update`" + ` in interop; do not edit.

The sandbox is given the realms of ` + "`interop/keycloak/realms`" + ` and sent what real Keycloaks were sent: the table in
` + "`interop/table`" + `, and malformed requests that a generator makes from the token operations in ` + "`specs`" + `, always the same ones. Two
answers agree when status, error, description, the headers Cache-Control, Pragma, Content-Type, WWW-Authenticate, Retry-After, Allow
and Location, the names and types of all members, the values that do not change from run to run, and the names and types of every
token's header and claims are equal. ` + "`make agreement`" + ` compares with the answers on record; ` + "`go test -run TestLive ./agreement`" + `
in interop asks running Keycloaks.

| Requests |`)
	for _, version := range keycloak.Versions {
		fmt.Fprintf(&b, " Keycloak %s |", version)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(keycloak.Versions)) + "\n")
	for _, p := range parts {
		fmt.Fprintf(&b, "| %s |", p.name)
		for _, version := range keycloak.Versions {
			fmt.Fprintf(&b, " %s |", p.tally.line(version))
		}
		b.WriteString("\n")
	}
	b.WriteString("\nWhat is different in the rest, and why it stays so (`interop/agreement/reasons.go`); anything else fails the test:\n\n")
	b.WriteString(all.Markdown(Reasons))
	return b.String()
}

func (t Tally) line(version string) string {
	return fmt.Sprintf("%d of %d", t.Agree[version], t.All[version])
}

func report(t *testing.T, what string, tally Tally) {
	t.Helper()
	for _, version := range keycloak.Versions {
		if tally.All[version] > 0 {
			t.Logf("%s, Keycloak %s: %s agree in everything", what, version, tally.line(version))
		}
	}
	for _, difference := range tally.Unlisted {
		t.Error(difference)
	}
	for _, reason := range tally.Idle {
		t.Errorf("listed, but differs no longer: %s", reason)
	}
}
