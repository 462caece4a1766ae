package internal

import (
	"fmt"
	"maps"
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

	// The README's examples import it.
	_ "github.com/finsdk/finsdk-go/sandbox"
)

var readme = filepath.Join("..", "README.md")

func TestReadmeIsShort(t *testing.T) {
	if n := strings.Count(readFile(t, readme), "\n"); n >= 200 {
		t.Errorf("it has %d lines", n)
	}
}

// The README's examples compile, pass vet, and do against the sandbox what they are there for.
func TestReadmeExamplesRun(t *testing.T) {
	examples := codeBlocks(readFile(t, readme), "go")
	dir := t.TempDir()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.sum", string(sums))
	write("go.mod", fmt.Sprintf("module example.com/readme\n\ngo 1.25.0\n\nrequire %s v0.0.0\n\nreplace %s => %s\n", module, module, root))
	write("main.go", exampleProgram)
	names := make([]string, len(examples))
	for i, example := range examples {
		names[i] = fmt.Sprintf("example%d", i)
		write(names[i]+".go", exampleFile(names[i], example))
	}
	write("list.go", "package main\n\nimport \"context\"\n\nvar examples = []func(context.Context) error{"+strings.Join(names, ", ")+"}\n")

	goCommand(t, dir, "vet", ".")
	got := strings.TrimSpace(goCommand(t, dir, "run", "."))
	want := "200 OK MATCH\n200 OK\n200 OK generated\nBearer 24h0m0s"
	if got != want {
		t.Errorf("the examples printed\n%s\nwant\n%s", got, want)
	}
}

// exampleProgram runs the examples one after the other, with the environment that each of them reads.
const exampleProgram = `package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	onefinopsapi "github.com/finsdk/finsdk-go/gen/onefinops/api"
	"github.com/finsdk/finsdk-go/sandbox"
)

var invoice = onefinopsapi.EInvoiceRequest{
	TransactionDetails: map[string]any{"taxScheme": "GST"},
	DocumentDetails:    map[string]any{"number": "README/1"},
	Seller:             map[string]any{"gstin": "29AAAAA0000A1Z5"},
	Buyer:              map[string]any{"gstin": "27BBBBB0000B1Z6"},
	Items:              []map[string]any{{"quantity": 1}},
	ValueDetails:       map[string]any{"total": 118},
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	vendors, err := sandbox.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer vendors.Close()
	dir, err := os.MkdirTemp("", "readme")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	finventi, finapi, onefinops, fincalc := vendors.Finventi(), vendors.FinAPI(), vendors.OneFinOps(), vendors.FinCalc()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte(onefinops.ClientSecret), 0o600); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"FINVENTI_CLIENT_ID":           finventi.ClientID,
		"FINVENTI_CLIENT_SECRET":       string(finventi.ClientSecret),
		"FINVENTI_AUTH_URL":            finventi.AuthURL,
		"FINVENTI_API_URL":             finventi.APIURL,
		"FINAPI_MANDATOR":              finapi.Mandator,
		"FINAPI_USERNAME":              finapi.Username,
		"FINAPI_PASSWORD":              string(finapi.Password),
		"FINAPI_AUTH_URL":              finapi.AuthURL,
		"FINAPI_API_URL":               finapi.APIURL,
		"ONEFINOPS_CLIENT_ID":          onefinops.ClientID,
		"ONEFINOPS_CLIENT_SECRET_FILE": secret,
		"ONEFINOPS_AUTH_URL":           onefinops.AuthURL,
		"ONEFINOPS_API_URL":            onefinops.APIURL,
		"FINCALC_CLIENT_ID":            fincalc.ClientID,
		"FINCALC_CLIENT_SECRET":        string(fincalc.ClientSecret),
		"FINCALC_SCOPE":                fincalc.Scope,
		"FINCALC_EMAIL_ADDRESS":        fincalc.EmailAddress,
		"FINCALC_AUTH_URL":             fincalc.AuthURL,
		"FINCALC_API_URL":              fincalc.APIURL,
	} {
		os.Setenv(name, value)
	}
	for i, example := range examples {
		if err := example(context.Background()); err != nil {
			return fmt.Errorf("example %d: %w", i+1, err)
		}
	}
	return nil
}
`

// exampleFile makes a file of a function's body, with the imports that its names ask for.
func exampleFile(name, body string) string {
	paths := map[string]string{}
	for _, p := range []string{"errors", "fmt", "log/slog", "time"} {
		paths[filepath.Base(p)] = p
	}
	for _, p := range []string{"auth", "finventi", "finapi", "onefinops", "fincalc"} {
		paths[p] = module + "/" + p
		paths[p+"gen"] = module + "/gen/" + p
		paths[p+"api"] = module + "/gen/" + p + "/api"
	}
	var imports strings.Builder
	for _, ident := range slices.Sorted(maps.Keys(paths)) {
		if regexp.MustCompile(`\b` + ident + `\.[A-Z]`).MatchString(body) {
			fmt.Fprintf(&imports, "\t%s %q\n", ident, paths[ident])
		}
	}
	return fmt.Sprintf("package main\n\nimport (\n\t\"context\"\n%s)\n\nfunc %s(ctx context.Context) error {\n%s\treturn nil\n}\n", imports.String(), name, body)
}

// codeBlocks returns a page's code blocks of one language.
func codeBlocks(page, language string) []string {
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// The table of settings names every field of every Config, and the variables that ConfigFromEnv really reads.
func TestReadmeTableOfSettings(t *testing.T) {
	type vendor struct {
		config  reflect.Type
		fromEnv func() (any, error)
		// Values with which ConfigFromEnv takes a variable of that name.
		values map[string]string
	}
	vendors := map[string]vendor{
		"finventi": {reflect.TypeFor[finventi.Config](), func() (any, error) { return finventi.ConfigFromEnv() }, map[string]string{
			"FINVENTI_CLIENT_ID": "id", "FINVENTI_CLIENT_SECRET": "secret", "FINVENTI_ENVIRONMENT": "production", "FINVENTI_REALM": "r"}},
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
	line := regexp.MustCompile("^\\| (?:\\*\\*(\\w+)\\*\\*|`(\\w+)`) \\| (?:`(\\w+)`)? ?\\| ([^|]*)\\|")
	for text := range strings.Lines(readFile(t, readme)) {
		switch m := line.FindStringSubmatch(text); {
		case m == nil:
		case m[1] != "":
			current = m[1]
		default:
			table[current] = append(table[current], row{m[2], m[3], m[4]})
		}
	}

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
				// With the required ones and this one.
				for _, other := range table[name] {
					t.Setenv(other.variable, "")
					secret := strings.Contains(other.required, "SecretSource")
					if strings.HasPrefix(other.required, "yes") && !(secret && r.field == "SecretSource") {
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
				if !strings.HasPrefix(r.required, "yes") {
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
