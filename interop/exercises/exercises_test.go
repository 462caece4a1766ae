package exercises

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// changes are those that vendors make, each in all documents at once.
var changes = map[string]func(d document){
	"hosts": func(d document) {
		for _, s := range d.must(d.root, "servers").Content {
			url := d.must(s, "url")
			url.Value = strings.Replace(url.Value, "https://", "https://moved.", 1)
		}
	},
	"constants of the request": func(d document) {
		d.request("client_kind", "{type: string, description: Made up., enum: [sdk]}", "sdk", true)
		d.request("protocol_level", "{type: integer, description: Made up., enum: [7]}", "7", true)
		d.request("audit", "{type: boolean, description: Made up., enum: [true]}", "true", true)
		d.request("channel", "{type: string, description: Made up., enum: [api]}", "", false)
		d.request("tries", "{type: integer, description: Made up., enum: [3]}", "", false)
		d.request("quiet", "{type: boolean, description: Made up., enum: [false]}", "", false)
		d.header("X-Api-Version", "2", true)
		d.header("X-Channel", "sdk", false)
	},
	"a scope": func(d document) {
		d.request("scope", "{type: string, description: Made up., enum: [api_scope]}", "api_scope", true)
	},
	"members of the answer": func(d document) {
		for i, required := range []bool{true, false} {
			suffix := fmt.Sprint(i)
			d.answer("session_note"+suffix, "{type: string, description: Made up.}", "a note", required)
			d.answer("risk-level"+suffix, "{type: string, description: Made up.}", "low", required)
			d.answer("verified"+suffix, "{type: boolean, description: Made up.}", "true", required)
			d.answer("level"+suffix, "{type: integer, description: Made up.}", "42", required)
			d.answer("issued_at"+suffix, "{type: string, format: date-time, description: Made up.}", `"2026-11-28T10:00:00Z"`, required)
			d.answer("roles"+suffix, "{type: array, description: Made up., items: {type: string}}", "[reader, writer]", required)
			d.answer("limits"+suffix, "{type: object, description: Made up., required: [daily], properties: {daily: {type: integer, description: Made up.}, "+
				"per-call: {type: number, format: double, description: Made up.}, currencies: {type: array, description: Made up., items: {type: string}}}}",
				"{daily: 5, per-call: 2.5, currencies: [EUR, INR]}", required)
			d.answer("accounts"+suffix, "{type: array, description: Made up., items: {type: object, properties: {iban: {type: string, description: Made up.}}}}",
				"[{iban: LT1}, {iban: LT2}]", required)
		}
	},
}

// TestDocumentsMayChange makes all the changes at once, regenerates, and runs all that a document
// could break, without the race detector. With EXERCISES_FULL=1 in the environment it does the same
// for each change by itself.
func TestDocumentsMayChange(t *testing.T) {
	t.Parallel()
	t.Run("all at once", func(t *testing.T) {
		makeChanges(t, slices.Sorted(maps.Keys(changes))...)
	})
	if os.Getenv("EXERCISES_FULL") != "1" {
		return
	}
	for name := range changes {
		t.Run(name, func(t *testing.T) { makeChanges(t, name) })
	}
}

// makeChanges makes changes in all documents of a copy of the repository, and runs its tests.
func makeChanges(t *testing.T, names ...string) {
	c := copyTree(t)
	for _, vendor := range c.vendors() {
		c.edit(vendor, func(d document) {
			for _, name := range names {
				changes[name](d)
			}
		})
	}
	c.linkTools()
	c.must(".", "make", "generate")
	for _, target := range []string{"test", "conform", "agreement", "other-servers"} {
		c.must(".", "env", "CGO_ENABLED=0", "make", "-k", target)
	}
}
