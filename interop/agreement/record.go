package agreement

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/finsdk/finsdk-go/interop/table"
)

// A Recording is a case and what a Keycloak answered. It keeps the requests, because changed
// documents would give other requests, which no Keycloak has answered.
type Recording struct {
	Case   table.Case   `json:"case"`
	Answer table.Answer `json:"answer"`
}

// recordOf returns the file of a version's recordings of random requests: an array with one on each
// line.
func recordOf(version string) string {
	return filepath.Join("testdata", "keycloak-"+version+".json")
}

// ReadRandom returns the recordings of random requests.
func ReadRandom(version string) ([]Recording, error) {
	data, err := os.ReadFile(recordOf(version))
	if err != nil {
		return nil, err
	}
	var list []Recording
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("agreement: %s: %w", recordOf(version), err)
	}
	for i := range list {
		list[i].Answer.SetCase(list[i].Case)
	}
	return list, nil
}

// WriteRandom replaces the recordings of random requests.
func WriteRandom(version string, list []Recording) error {
	var b bytes.Buffer
	b.WriteString("[")
	for i, r := range list {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n")
		r.Answer.Case, r.Answer.Request, r.Answer.Before = "", "", nil // the case has them
		line := json.NewEncoder(&b)
		line.SetEscapeHTML(false)
		if err := line.Encode(r); err != nil {
			return err
		}
		b.Truncate(b.Len() - 1)
	}
	b.WriteString("\n]\n")
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		return err
	}
	return os.WriteFile(recordOf(version), b.Bytes(), 0o644)
}

// ReadTable returns the recordings of the table, which TestObserved makes. A case is missing if it
// is not on record, or on record with other requests.
func ReadTable(version string) (list []Recording, missing []string, err error) {
	for _, c := range table.Cases() {
		var answer table.Answer
		data, err := os.ReadFile(filepath.Join("..", "testdata", "keycloak-"+version, c.Name+".json"))
		if err == nil {
			err = json.Unmarshal(data, &answer)
		}
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, nil, fmt.Errorf("agreement: %s: %w", c.Name, err)
		case err != nil || !answer.Answers(c):
			missing = append(missing, c.Name)
		default:
			list = append(list, Recording{c, answer})
		}
	}
	return list, missing, nil
}

// Missing names the cases that have no recording, or one with other requests.
func Missing(cases []table.Case, list []Recording) []string {
	answers := map[string]table.Answer{}
	for _, r := range list {
		answers[r.Case.Name] = r.Answer
	}
	var names []string
	for _, c := range cases {
		if !answers[c.Name].Answers(c) {
			names = append(names, c.Name)
		}
	}
	return names
}
