package tokenendpoint

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
)

func TestDriftNamesWhatDiffersFromTheDocument(t *testing.T) {
	x := &Exchange{
		Secrets: []auth.Secret{auth.NewSecret("hunter2-hunter2")},
		Members: []Member{{"access_token", "string", true}, {"expires_in", "integer", true}, {"share", "number", false}, {"scope", "string", true}, {"plan", "", true}, {"note", "string", false}},
	}
	for body, want := range map[string][]string{
		`{"access_token":"a","expires_in":9,"share":1,"scope":"","plan":[]}`:                          nil,
		`{"access_token":"a","expires_in":"9","share":1.5,"scope":null,"plan":1,"brand_new":"value"}`: {"member expires_in is of type string, documented as integer", "missing member scope", "unknown member brand_new"},
		`{"access_token":{},"expires_in":9.5,"scope":["a"],"plan":1,"note":true}`: {"member access_token is of type object, documented as string", "member expires_in is of type number, documented as integer",
			"member note is of type boolean, documented as string", "member scope is of type array, documented as string"},
		`{"access_token":"a","expires_in":9,"scope":"","plan":1,"hunter2-hunter2":1,"two words":1}`: {"unknown member with an unusual name"},
	} {
		m, err := ParseMembers([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if got := x.drift(m); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestDriftIsBounded(t *testing.T) {
	m := Members{}
	for i := range 1000 {
		m[strings.Repeat("a", i%39+1)+strings.Repeat("b", i/39)] = []byte("1")
	}
	if got := (&Exchange{Members: []Member{}}).drift(m); len(got) != maxDrift {
		t.Errorf("%d differences, want %d", len(got), maxDrift)
	}
}

func TestBasicFormEncodesIDAndSecret(t *testing.T) {
	req, err := http.NewRequest(http.MethodPost, "https://auth.example", nil)
	if err != nil {
		t.Fatal(err)
	}
	Basic("an id:1", "s%c&r+t ü")(req)
	if id, secret, ok := req.BasicAuth(); !ok || id != "an+id%3A1" || secret != "s%25c%26r%2Bt+%C3%BC" {
		t.Errorf("got %q and %q", id, secret)
	}
}
