package agreement

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/finsdk/finsdk-go/interop/table"
)

// recordOf is the file of what a version of Keycloak answered to the random requests: an array, an answer a line.
func recordOf(version string) string {
	return filepath.Join("testdata", "keycloak-"+version+".json")
}

// ReadRecord returns the answers that are on record, by case.
func ReadRecord(version string) (map[string]table.Answer, error) {
	data, err := os.ReadFile(recordOf(version))
	if err != nil {
		return nil, err
	}
	var list []table.Answer
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("agreement: %s: %w", recordOf(version), err)
	}
	answers := map[string]table.Answer{}
	for _, answer := range list {
		answers[answer.Case] = answer
	}
	return answers, nil
}

// WriteRecord puts answers on record.
func WriteRecord(version string, answers []table.Answer) error {
	var b bytes.Buffer
	b.WriteString("[")
	for i, answer := range answers {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n")
		line := json.NewEncoder(&b)
		line.SetEscapeHTML(false)
		if err := line.Encode(answer); err != nil {
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
