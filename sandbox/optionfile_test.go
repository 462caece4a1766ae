package sandbox

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/optionfile"
)

// fields are the types of the members of a struct, by name.
func fields(t reflect.Type) map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			types[name] = f.Type
		}
	}
	return types
}

// membersOf lists the members that a file of options may have, as type and name.
func membersOf(t reflect.Type, seen map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		membersOf(t.Elem(), seen)
	case reflect.Struct:
		for name, of := range fields(t) {
			seen[t.Name()+"."+name] = true
			membersOf(of, seen)
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
		for name, of := range fields(t) {
			if inner, ok := value[name]; ok {
				seen[t.Name()+"."+name] = true
				membersIn(inner, of, seen)
			}
		}
	}
}

func TestReadOptions_documentsEveryMember(t *testing.T) {
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

// described lists a vendor's realms with their accounts, and the secrets as text, because
// reflect.DeepEqual finds no two Secrets equal.
func described(s *Server, v Vendor) (list []any) {
	for _, rm := range s.accounts.Realms(v) {
		list = append(list, rm.Name, rm.Lifetimes)
		for _, e := range s.accounts.Entries(rm, time.Time{}) {
			list = append(list, e.Secret.Reveal())
			e.Secret = auth.Secret{}
			if e.Client != nil {
				e.Client.Secret = auth.Secret{}
			} else {
				e.User.Password = auth.Secret{}
			}
			list = append(list, e)
		}
	}
	return list
}

func TestWriteDefaultOptions_changesNothing(t *testing.T) {
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
		if got, want := described(got, v), described(want, v); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, want %+v", v, got, want)
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
