package finsdk

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestList(t *testing.T) {
	for text, want := range map[string]string{
		`{"l":[{"A":1},{"A":2}]}`: "[{1} {2}]", `{"l":{"A":1}}`: "[{1}]", `{"l":[]}`: "[]", `{"l":null}`: "[]", `{}`: "[{7}]",
		`{"l":"x"}`: "error", `{"l":{"A":"x"}}`: "error", `{"l":["x"]}`: "error",
	} {
		v := struct {
			L List[struct{ A int }] `json:"l"`
		}{List[struct{ A int }]{{7}}}
		got := "error"
		if err := json.Unmarshal([]byte(text), &v); err == nil {
			got = fmt.Sprint(v.L)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	if text, err := json.Marshal(List[int]{1}); string(text) != "[1]" || err != nil {
		t.Errorf("got %s, %v", text, err)
	}
}
