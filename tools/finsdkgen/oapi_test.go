package main

import (
	"regexp"
	"testing"
)

// small generates the document of testdata, whose vendor has no package of its own.
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
}
