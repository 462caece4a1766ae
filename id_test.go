package finsdk

import (
	"encoding/json"
	"testing"
)

func TestID_takesTextAndNumbers(t *testing.T) {
	for text, want := range map[string]ID{`"10042"`: "10042", `10042`: "10042", `9007199254740993`: "9007199254740993", `"a\u0062"`: "ab", `null`: "before", `""`: ""} {
		got := struct{ ID ID }{"before"}
		if err := json.Unmarshal([]byte(`{"ID":`+text+`}`), &got); err != nil || got.ID != want {
			t.Errorf("%s: %q, %v, want %q", text, got.ID, err, want)
		}
	}
	for _, text := range []string{`true`, `{}`, `[1]`} {
		var id ID
		if err := json.Unmarshal([]byte(text), &id); err == nil {
			t.Errorf("%s became %q", text, id)
		}
	}
	if text, err := json.Marshal(ID("10042")); string(text) != `"10042"` || err != nil {
		t.Errorf("%s, %v", text, err)
	}
}
