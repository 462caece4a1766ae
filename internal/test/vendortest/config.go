package vendortest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wantRefused fails unless every function that takes a Config refuses c because of these fields, or
// accepts it if there are none.
func (v Vendor[C, G, T]) wantRefused(t *testing.T, c C, fields []string, secrets ...string) {
	t.Helper()
	var want, values []string
	for _, name := range fields {
		want = append(want, v.field(name).label())
	}
	for _, f := range v.fields() {
		values = append(values, f.of(c))
	}
	_, grantErr := v.NewGrant(c)
	_, sourceErr := v.NewTokenSource(c)
	for _, err := range []error{c.Validate(), grantErr, sourceErr} {
		if want != nil {
			WantFields(t, err, v.Name, want, append(values, secrets...)...)
		} else if err != nil {
			t.Error(err)
		}
	}
}

// required lists the required fields: those whose tags say so or that the documented request needs,
// and that have no default.
func (v Vendor[C, G, T]) required(t testing.TB) []field {
	t.Helper()
	c, operation := v.Documented(t, ""), readDocument(t, v.Name)
	return slices.DeleteFunc(v.fields(), func(f field) bool {
		needed := f.secret || f.tagged || operation.requires(f.member)
		return f.of(c) == "" || f.preset || !needed
	})
}

func (v Vendor[C, G, T]) testFields(t *testing.T) {
	with := func(f field, value string) func(*C) { return func(c *C) { f.set(c, value) } }
	var everything []string
	tests := []Refused[C]{{"nothing", func(*C) {}, nil}}
	required, valid := v.required(t), v.Documented(t, "")
	for _, f := range v.fields() {
		if f.of(valid) == "" || f.preset || strings.HasSuffix(f.name, "URL") {
			continue
		}
		one := []string{f.name}
		if !slices.Contains(required, f) {
			one = nil
		}
		tests = append(tests, Refused[C]{f.name + " missing", with(f, ""), one}, Refused[C]{f.name + " blank", with(f, " \t\n"), one})
		if f.secret {
			tests = append(tests,
				Refused[C]{f.name + " and SecretSource", func(c *C) { v.fromSource(c, "x"); f.set(c, "y") }, one},
				Refused[C]{"SecretSource alone", func(c *C) { v.fromSource(c, "x") }, nil})
			continue
		}
		one = []string{f.name}
		for name, behind := range map[string]string{"control character": "\x7f", "line break": "\nb", "white space at the end": " ", "not UTF-8": "\xff"} {
			tests = append(tests, Refused[C]{f.name + " with " + name, with(f, f.of(valid)+behind), one})
		}
	}
	for _, f := range v.fields() {
		if slices.Contains(required, f) || strings.HasSuffix(f.name, "URL") {
			everything = append(everything, f.name)
		}
	}
	endpoint := readDocument(t, v.Name).request(t, false).url.String()
	authURL, apiURL := v.field("AuthURL"), v.field("APIURL")
	tests = append(tests,
		Refused[C]{"token endpoint as AuthURL", with(authURL, endpoint), []string{"AuthURL"}},
		Refused[C]{"token endpoint with a slash as AuthURL", with(authURL, endpoint+"/"), []string{"AuthURL"}},
		Refused[C]{"everything", func(c *C) { *c = *new(C); authURL.set(c, "x"); apiURL.set(c, "y") }, everything})
	for _, tt := range append(tests, v.Refused...) {
		t.Run(tt.Name, func(t *testing.T) {
			c := v.Documented(t, "")
			tt.Change(&c)
			v.wantRefused(t, c, tt.Fields)
		})
	}
}

func (v Vendor[C, G, T]) testBaseURLs(t *testing.T) {
	set := func(c *C, u string) { v.field("AuthURL").set(c, u); v.field("APIURL").set(c, u) }
	for name, bad := range BadBaseURLs {
		t.Run(name, func(t *testing.T) {
			c := v.Documented(t, "")
			set(&c, bad)
			v.wantRefused(t, c, []string{"AuthURL", "APIURL"}, "hunter2")
		})
	}
	for _, good := range GoodBaseURLs {
		c := v.Documented(t, "")
		set(&c, good)
		v.wantRefused(t, c, nil)
	}
	c := v.Documented(t, "")
	set(&c, "https://gateway.test/base/")
	if got := c.APIBaseURL(); got != "https://gateway.test/base" {
		t.Errorf("APIBaseURL %q, want the one that is set, without the slash at its end", got)
	}
}

func (v Vendor[C, G, T]) testSegments(t *testing.T) {
	segment, ok := v.segment(t)
	if !ok {
		t.Skip("no field is a segment of the path")
	}
	for _, bad := range BadSegments {
		c := v.Documented(t, "")
		segment.set(&c, bad)
		v.wantRefused(t, c, []string{segment.name})
	}
}

func (v Vendor[C, G, T]) testEnvironment(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte("from a file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secret := v.secret()
	fileVariable := secret.env + "_FILE"
	fileProblem := secret.name + " " + fileVariable
	least, missing := map[string]string{}, []string(nil)
	for _, f := range v.required(t) {
		least[f.env], missing = f.of(v.Documented(t, "")), append(missing, f.label())
	}
	all := with(least, v.field("AuthURL").env, "https://a.example", v.field("APIURL").env, "https://b.example")
	for _, f := range v.fields() {
		if value := f.of(v.Optional); value != "" {
			all[f.env] = value
		}
	}
	blank := map[string]string{fileVariable: " "}
	for name := range all {
		blank[name] = " \t"
	}
	tests := []struct {
		name     string
		env      map[string]string
		problems []string
	}{
		{"required variables", least, nil},
		{"all variables", all, nil},
		{"secret in a file", with(least, secret.env, "", fileVariable, file), nil},
		{"nothing", nil, missing},
		{"blank variables", blank, missing},
		{"secret and file", with(least, fileVariable, file), []string{secret.label()}},
		{"no such file", with(least, secret.env, "", fileVariable, file+"x"), []string{fileProblem}},
		{"directory as file", with(least, secret.env, "", fileVariable, dir), []string{fileProblem}},
		{"file and base URL", with(least, secret.env, "", fileVariable, dir, v.field("APIURL").env, "x"), []string{fileProblem, v.field("APIURL").label()}},
	}
	for _, f := range v.required(t) {
		tests = append(tests, struct {
			name     string
			env      map[string]string
			problems []string
		}{"no " + f.name, with(least, f.env, " "), []string{f.label()}})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			Setenv(t, strings.ToUpper(v.Name)+"_", tt.env)
			c, err := v.ConfigFromEnv()
			if tt.problems != nil {
				WantFields(t, err, v.Name, tt.problems, tt.env[secret.env])
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range v.fields() {
				if got, want := f.of(c), tt.env[f.env]; got != want {
					t.Errorf("%s is %q, want %q", f.name, got, want)
				}
			}
			source := sourceOf(c)
			if (source != nil) != (tt.env[fileVariable] != "") {
				t.Fatalf("SecretSource is set: %t", source != nil)
			}
			if source != nil {
				if s, err := source(t.Context()); err != nil || s.Reveal() != "from a file" {
					t.Errorf("the file gave %q, %v", s.Reveal(), err)
				}
			}
		})
	}
}

// with returns a copy of env with more variables: name, value, name, value.
func with(env map[string]string, pairs ...string) map[string]string {
	more := map[string]string{}
	for name, value := range env {
		more[name] = value
	}
	for i := 0; i < len(pairs); i += 2 {
		more[pairs[i]] = pairs[i+1]
	}
	return more
}
