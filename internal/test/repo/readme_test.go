package repo

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
)

var readme = filepath.Join(root, "README.md")

// The lines of the table of settings do not count: the table is generated, and grows with the
// vendors.
func TestReadmeIsShort(t *testing.T) {
	before, rest, ok := strings.Cut(readFile(t, readme), "<!-- The table of settings")
	_, after, ends := strings.Cut(rest, "<!-- The table ends here. -->")
	if n := strings.Count(before+after, "\n"); n >= 175 || !ok || !ends {
		t.Errorf("it has %d lines beside the table", n)
	}
}

// The table of settings names every field of every Config, and the variable that ConfigFromEnv
// reads.
func TestReadmeTableOfSettings(t *testing.T) {
	type vendor struct {
		config  reflect.Type
		fromEnv func() (any, error)
		// values has a valid value for each variable.
		values map[string]string
	}
	vendors := map[string]vendor{
		"finventi": {reflect.TypeFor[finventi.Config](), func() (any, error) { return finventi.ConfigFromEnv() }, map[string]string{
			"FINVENTI_CLIENT_ID": "id", "FINVENTI_CLIENT_SECRET": "secret", "FINVENTI_PRODUCT": "rrc", "FINVENTI_ENVIRONMENT": "production", "FINVENTI_REALM": "r"}},
		"finapi": {reflect.TypeFor[finapi.Config](), func() (any, error) { return finapi.ConfigFromEnv() }, map[string]string{
			"FINAPI_MANDATOR": "customer", "FINAPI_USERNAME": "anna", "FINAPI_PASSWORD": "secret"}},
		"onefinops": {reflect.TypeFor[onefinops.Config](), func() (any, error) { return onefinops.ConfigFromEnv() }, map[string]string{
			"ONEFINOPS_CLIENT_ID": "ofin_test_a", "ONEFINOPS_CLIENT_SECRET": "secret"}},
		"fincalc": {reflect.TypeFor[fincalc.Config](), func() (any, error) { return fincalc.ConfigFromEnv() }, map[string]string{
			"FINCALC_CLIENT_ID": "1", "FINCALC_CLIENT_SECRET": "secret", "FINCALC_SCOPE": "fact-find", "FINCALC_EMAIL_ADDRESS": "a@example.com"}},
	}
	secretFile := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secretFile, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}

	type row struct{ field, variable, required string }
	table := map[string][]row{}
	var current string
	line := regexp.MustCompile("^\\| (?:\\*\\*(\\w+)\\*\\*|`(\\w+)`(?: or `(\\w+)`)?) \\| (?:`(\\w+)`(?: or `(\\w+)`)?)?[^|]* ?\\| ([^|]*)\\|")
	for text := range strings.Lines(readFile(t, readme)) {
		switch m := line.FindStringSubmatch(text); {
		case m == nil:
		case m[1] != "":
			current = m[1]
		case current == "": // a row that is every vendor's
			for name := range vendors {
				_, field, _ := strings.Cut(m[4], "_")
				table[name] = append(table[name], row{m[2], strings.ToUpper(name) + "_" + field, m[6]})
			}
		case m[3] != "": // two fields of which one is required
			table[current] = append(table[current], row{m[2], m[4], m[6]}, row{m[3], m[5], ""})
		default:
			table[current] = append(table[current], row{m[2], m[4], m[6]})
		}
	}

	one := func(required string) bool { return strings.HasPrefix(required, "one of them") }
	needed := func(required string) bool { return one(required) || strings.HasPrefix(required, "yes") }
	for name, v := range vendors {
		var fields, want []string
		for _, r := range table[name] {
			fields = append(fields, r.field)
		}
		for i := range v.config.NumField() {
			want = append(want, v.config.Field(i).Name)
		}
		slices.Sort(fields)
		slices.Sort(want)
		if !slices.Equal(fields, want) {
			t.Errorf("the table has fields %v of %s, want %v", fields, name, want)
		}
		for _, r := range table[name] {
			t.Run(r.variable, func(t *testing.T) {
				// Set the required variables and this one.
				for _, other := range table[name] {
					t.Setenv(other.variable, "")
					if needed(other.required) && !(one(other.required) && r.field == "SecretSource") {
						t.Setenv(other.variable, v.values[other.variable])
					}
				}
				switch {
				case r.field == "SecretSource":
					t.Setenv(r.variable, secretFile)
				case strings.HasSuffix(r.variable, "_URL"):
					t.Setenv(r.variable, "https://gateway.example.com/base")
				default:
					t.Setenv(r.variable, v.values[r.variable])
				}
				config, err := v.fromEnv()
				if err != nil {
					t.Fatal(err)
				}
				if reflect.ValueOf(config).FieldByName(r.field).IsZero() {
					t.Errorf("%s does not set %s", r.variable, r.field)
				}
				if !needed(r.required) {
					return
				}
				t.Setenv(r.variable, "")
				if _, err := v.fromEnv(); err == nil || !strings.Contains(err.Error(), r.variable) {
					t.Errorf("without the required %s: %v", r.variable, err)
				}
			})
		}
	}
}
