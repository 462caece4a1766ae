package agreement

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/interop/keycloak"
)

var update = flag.Bool("update", false, "write docs/sandbox-agreement.md")

// document is the page with the result.
const document = "../../docs/sandbox-agreement.md"

// TestAgreement compares the sandbox's answers with those on record from Keycloaks, to the table
// and to the random requests. Each difference needs a reason, each reason a difference, and the
// document must agree. The test needs no server. Requests that are not on record are counted, and
// fail nothing.
func TestAgreement(t *testing.T) {
	var ofTable, ofRandom []Comparison
	whole := true // all of the table is on record
	for _, version := range keycloak.Versions {
		list, missing, err := ReadTable(version)
		if err != nil {
			t.Fatal(err)
		}
		whole = whole && len(missing) == 0
		logMissing(t, "the table", version, missing)
		ofTable = append(ofTable, compare(t, version, list)...)

		random, err := ReadRandom(version)
		if err != nil {
			t.Fatal(err)
		}
		ofRandom = append(ofRandom, compare(t, version, random)...)
		if drawn, err := Random(specs); err != nil {
			t.Logf("the documents give no random requests: %v", err)
		} else {
			logMissing(t, "the random requests that the documents give", version, Missing(drawn, random))
		}
	}
	all := Count(append(ofTable, ofRandom...), Reasons)
	if !whole {
		all.Idle = nil // a reason may be for what is missing
	}
	report(t, "table and random requests", all)
	parts := []part{{"The table", Count(ofTable, Reasons)}, {"Random malformed requests", Count(ofRandom, Reasons)}}
	for _, p := range parts {
		for _, version := range keycloak.Versions {
			t.Logf("%s, Keycloak %s: %s", p.name, version, p.tally.line(version))
		}
	}
	if t.Failed() || !whole {
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

// logMissing counts the requests that no Keycloak has answered on record.
func logMissing(t *testing.T, of, version string, names []string) {
	t.Helper()
	if len(names) > 0 {
		t.Logf("of %s %d are not on record from Keycloak %s; make record puts them there: %s", of, len(names), version, strings.Join(names, ", "))
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
` + "`interop/table`" + `, and malformed requests that a generator made from the token operations in ` + "`specs`" + `. Two answers agree when
status, error, description, the headers Cache-Control, Pragma, Content-Type, WWW-Authenticate, Retry-After, Allow, Location and
those of CORS, the names and types of all members, the values that do not change from run to run, what each key of a set is for and
their order, all that a description of a realm says, what a person reads of a page, and the names and types of every token's header
and claims are equal. ` + "`make agreement`" + ` compares with the answers on record; ` + "`go test -run TestLive ./agreement`" + `
in interop asks running Keycloaks, and ` + "`make record`" + ` puts new answers on record.

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
