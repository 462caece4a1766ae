package sandbox

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/optionfile"
)

// membersOf lists the members that a file of options may have, as type and name.
func membersOf(t reflect.Type, seen map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		membersOf(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			seen[t.Name()+"."+name] = true
			membersOf(t.Field(i).Type, seen)
		}
	}
}

// membersIn lists those that an object has.
func membersIn(object any, t reflect.Type, seen map[string]bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch value := object.(type) {
	case []any:
		for _, item := range value {
			membersIn(item, t.Elem(), seen)
		}
	case map[string]any:
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			if inner, ok := value[name]; ok {
				seen[t.Name()+"."+name] = true
				membersIn(inner, t.Field(i).Type, seen)
			}
		}
	}
}

func TestDocumentedOptionsAreAllThatThereAre(t *testing.T) {
	text, err := os.ReadFile("../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "### The file of options")
	_, rest, _ = strings.Cut(rest, "```json\n")
	example, _, _ := strings.Cut(rest, "```")
	var parsed any
	if err := json.Unmarshal([]byte(example), &parsed); err != nil {
		t.Fatal(err)
	}
	all, shown := map[string]bool{}, map[string]bool{}
	membersOf(reflect.TypeFor[optionfile.File](), all)
	membersIn(parsed, reflect.TypeFor[optionfile.File](), shown)
	for member := range all {
		if !shown[member] {
			t.Errorf("the example of docs/sandbox.md lacks %s", member)
		}
	}
}

// dropSecrets takes out what reflect.DeepEqual never finds equal. The fingerprints in configured still tell secrets apart.
func dropSecrets(rm *realm) {
	for _, c := range rm.clients {
		c.Secret, c.secrets = auth.Secret{}, nil
	}
	for _, u := range rm.users {
		u.Password = auth.Secret{}
	}
}

func TestDefaultOptionsChangeNothing(t *testing.T) {
	var file bytes.Buffer
	if err := WriteDefaultOptions(&file); err != nil {
		t.Fatal(err)
	}
	options, err := ReadOptions(&file)
	if err != nil {
		t.Fatal(err)
	}
	got, want := New(options...), New()
	for _, v := range Vendors() {
		for name, rm := range want.realms[v] {
			other := got.realms[v][name]
			if other == nil {
				t.Errorf("%s lacks realm %s", v, name)
				continue
			}
			dropSecrets(other)
			dropSecrets(rm)
			if !reflect.DeepEqual(other.clients, rm.clients) || !reflect.DeepEqual(other.users, rm.users) || other.lifetimes != rm.lifetimes {
				t.Errorf("realm %s of %s differs", name, v)
			}
		}
	}
	// Written out, a default is a setting all the same.
	if len(got.allowed) != 2 {
		t.Errorf("the whitelist is %v", got.allowed)
	}
	got.allowed, got.clients, got.users, got.lifetimes = want.allowed, want.clients, want.users, want.lifetimes
	got.now, want.now = nil, nil
	if !reflect.DeepEqual(got.settings, want.settings) {
		t.Errorf("%+v\nis not\n%+v", got.settings, want.settings)
	}
}
