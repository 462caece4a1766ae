package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// small generates code from the document of testdata, whose vendor has no package of its own.
func small(t *testing.T) map[string][]byte {
	t.Helper()
	v, err := load("testdata", "specs/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	if err := v.generate(files); err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFieldsOfModels(t *testing.T) {
	text := string(small(t)["gen/small/api/api.gen.go"])
	for field, want := range map[string]string{
		"ID":           "string `json:\"id\"`",
		"Number":       "*int64 `json:\"number,omitempty\"`",
		"Count":        "*int `json:\"count,omitempty\"`",
		"Total":        "float64 `json:\"total\"`",
		"Discount":     "*float64 `json:\"discount,omitempty\"`",
		"Gift":         "*bool `json:\"gift,omitempty\"`",
		"Contact":      "string `json:\"contact,omitzero\"`",
		"Due":          "finsdk.Date `json:\"due,omitzero\"`",
		"PaidAt":       "time.Time `json:\"paid_at\"`",
		"SentAt":       "time.Time `json:\"sent_at,omitzero\"`",
		"Note":         "*string `json:\"note\"`",
		"Text":         "string `json:\"text,omitzero\"`",
		"Lines":        "[]string `json:\"lines,omitzero\"`",
		"Parent":       "Place `json:\"parent\"`",
		"Place":        "Place `json:\"place,omitzero\"`",
		"Weight":       "*Weight `json:\"weight,omitempty\"`",
		"GSTINOfBuyer": "string `json:\"gstin_of_buyer,omitzero\"`",
		"From":         "*finsdk.Date `form:\"from,omitempty\" json:\"from,omitempty\"`",
	} {
		got := regexp.MustCompile(`(?m)^\t` + field + ` +(.*)$`).FindStringSubmatch(text)
		if got == nil || squeezed(got[1]) != want {
			t.Errorf("%s: got %q, want %s", field, got, want)
		}
	}
	if !strings.Contains(squeezed(text), squeezed("Text *string `form:\"text,omitempty\" json:\"text,omitempty\"`")) {
		t.Error("a parameter among the components has a type of its own")
	}
}

// The code for x-paging, x-error and x-hint compiles, and has what the document says.
func TestCalls(t *testing.T) {
	files := small(t)
	text := squeezed(string(files["gen/small/api/calls.gen.go"]))
	for _, want := range []string{
		`func (c *ClientWithResponses) AllNumbered(ctx context.Context, params *ListNumberedParams, reqEditors ...RequestEditorFn) iter.Seq2[Order, error]`,
		`first := int(1) if page.PageNumber != nil`,
		`at+1, body.Meta.HasNextPage != nil && *body.Meta.HasNextPage`,
		`func (c *ClientWithResponses) AllByCursor(ctx context.Context, params *GetByCursorParams, reqEditors ...RequestEditorFn) iter.Seq2[string, error]`,
		`body.Meta.NextPageToken, body.Meta.NextPageToken != ""`,
		`{Status: "422", Parts: apicall.Parts{Code: "code", Message: "inner.text", RequestID: "trace", Fields: "data", Upstream: "up"}, Hint: "correct the fields"}`,
		`{Status: "200", JSON: true, Required: []string{"data"}}`,
		`NeedsKey: true`,
	} {
		if !strings.Contains(text, squeezed(want)) {
			t.Errorf("calls.gen.go lacks %s", want)
		}
	}
	here, err := filepath.Abs(top)
	if err != nil {
		t.Fatal(err)
	}
	dir, overlay := t.TempDir(), struct{ Replace map[string]string }{make(map[string]string)}
	for name, text := range files {
		file := filepath.Join(dir, name)
		write(t, file, string(text))
		overlay.Replace[filepath.Join(here, name)] = file
	}
	replaced, _ := json.Marshal(overlay)
	write(t, filepath.Join(dir, "overlay.json"), string(replaced))
	cmd := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "./gen/small/...")
	cmd.Dir = here
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A document that asks for something that the generated code cannot do is an error.
func TestCalls_errors(t *testing.T) {
	for want, pair := range map[string][2]string{
		"x-paging: items: there is no member data2":              {"items: data,", "items: data2,"},
		"x-paging: more: member HasNextPage of data.HasNextPage": {"more: meta.HasNextPage", "more: data.HasNextPage"},
		"x-paging: there is no member Page":                      {"page: PageNumber", "page: Page"},
		"PageNumber is a *string":                                {"{name: PageNumber, in: query, schema: {type: integer}}", "{name: PageNumber, in: query, schema: {type: string}}"},
		`x-paging: json: unknown field "pages"`:                  {"{items: data, page", "{items: data, pages"},
		`x-error: json: unknown field "text"`:                    {"x-error: {code", "x-error: {text"},
	} {
		root := t.TempDir()
		text := readFile(t, "testdata/specs/small.yaml")
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("small.yaml lacks %s", pair[0])
		}
		write(t, filepath.Join(root, "specs/small.yaml"), strings.Replace(text, pair[0], pair[1], 1))
		err := run(root, []string{"specs/small.yaml"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCommentsAreWrapped(t *testing.T) {
	const long = "A description that goes on for a while, as descriptions of vendors do when they list what each code means: `1` for one thing, `2` for another, and `3` for `a/very/long/path`."
	plain := strings.ReplaceAll(long, "`", "")
	source := "// Code generated by a tool with a long name, from a document with a long name, with a library. DO NOT EDIT.\n\n" +
		"// Package p says something short.\npackage p\n\n" +
		"// T " + long + "\n// It goes on here.\n//\n// Short.\n//   - an item of a list that is too long to stand on one line of one hundred columns, and stays\n" +
		"type T struct {\n\t// Member " + long + "\n\tMember int // " + long + "\n}\n\nconst raw = `\n// " + plain + "\n`\n"
	got, err := tidy(source)
	if err != nil {
		t.Fatal(err)
	}
	squeeze := func(s string) string {
		return strings.Join(strings.Fields(strings.ReplaceAll(s, "//", "")), " ")
	}
	if squeeze(string(got)) != squeeze(source) {
		t.Errorf("the words differ:\n%s", got)
	}
	for line := range strings.Lines(string(got)) {
		switch line = strings.TrimSuffix(line, "\n"); {
		case strings.HasPrefix(line, "// Code generated"), strings.HasPrefix(line, "//   - "), strings.HasPrefix(line, "\tMember int"), line == "// "+plain:
			// The notice, a list, a comment behind code and a text stay as they are.
		case len(line) > 100:
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	for _, want := range []string{"path`. It goes on here.\n//\n// Short.\n", "\n\t// each code means: ", "with a library. DO NOT EDIT.\n"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
}

// A value in capitals has a name in Go that is not, unless it is an abbreviation.
func TestNameConstants(t *testing.T) {
	for _, tt := range []struct{ values, want []any }{
		{[]any{"NO_MATCH", "MATCH", "IBAN", "other"}, []any{"NoMatch", "Match", "IBAN", "other"}},
		{[]any{"IBAN_OF_A2A", "OPEN"}, []any{"IBANOfA2a", "Open"}},
		{[]any{"EUR", "GST"}, nil},
		{[]any{"open"}, nil},
		{[]any{1.0, 2.0}, nil},
	} {
		s := &openapi3.Schema{Enum: tt.values}
		nameConstants(&openapi3.T{Paths: new(openapi3.Paths), Components: &openapi3.Components{Schemas: openapi3.Schemas{"S": {Value: s}}}})
		if got, _ := s.Extensions[valueNames].([]any); !slices.Equal(got, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.values, got, tt.want)
		}
	}
	own := &openapi3.Schema{Enum: []any{"OPEN"}, Extensions: map[string]any{valueNames: []any{"Unlocked"}}}
	nameConstants(&openapi3.T{Paths: new(openapi3.Paths), Components: &openapi3.Components{Schemas: openapi3.Schemas{"S": {Value: own}}}})
	if got := own.Extensions[valueNames].([]any); got[0] != "Unlocked" {
		t.Errorf("the document's own names became %v", got)
	}
}
