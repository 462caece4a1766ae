package repo

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	// The examples import this package. The tests import it too, so that a change invalidates their
	// cached results.
	_ "github.com/finsdk/finsdk-go/sandbox"
)

// The README's examples compile with the imports that they show, pass vet, and work with the
// sandbox. If the API fails, they report that and do not panic.
func TestReadmeExamplesRun(t *testing.T) {
	files := map[string]string{"main.go": goFile(sandboxed + readmeProgram)}
	for i, block := range codeBlocks(readFile(t, readme), "go") {
		files[fmt.Sprintf("example%d.go", i)] = "package main\n\n" + block
		if _, body, _ := strings.Cut(block, "\nfunc "); strings.Count(body, "\n") > 20 {
			t.Errorf("example %d has %d lines", i+1, strings.Count(body, "\n"))
		}
	}
	dir := program(t, files)
	goCommand(t, dir, "vet", ".")
	goCommand(t, dir, "build", "-o", "examples", ".")
	for fault, want := range map[string]string{
		"":        "IRN cancelled: true\nMATCH\n200 OK application/json\nREGISTER",
		"api-401": "401 GenerateEInvoice\n401 VerifyPayee\n401 Unauthorized application/json\n401 WhoAmI\n401 ListClients",
		"api-429": "429 GenerateEInvoice\n429 VerifyPayee, to be repeated\n429 Too Many Requests text/plain; charset=utf-8\n429 WhoAmI\n429 ListClients",
		"api-500": "500 GenerateEInvoice\n500 VerifyPayee\n500 Internal Server Error application/json\n500 WhoAmI\n500 ListClients",
	} {
		got := run(t, filepath.Join(dir, "examples"), fault)
		got = regexp.MustCompile(`(?m)^[0-9a-f]{64} `).ReplaceAllString(got, "IRN ")
		if rest, ok := strings.CutSuffix(want, "REGISTER"); ok {
			// FinCalc's clients follow, one on each line.
			if clients, ok := strings.CutPrefix(got, rest); ok && regexp.MustCompile(`^(\w+ \w+ \d{4}-\d\d-\d\d\n?)+$`).MatchString(clients) {
				continue
			}
		}
		if got != want {
			t.Errorf("with the fault %q the examples printed\n%s\nwant\n%s", fault, got, want)
		}
	}
}

// The examples in package documentation compile, pass vet and reach the API. They have no imports.
// The Go code of the pages in docs compiles with them.
func TestExamplesOfPackageDocumentationRun(t *testing.T) {
	ends := map[string]string{
		"finapi":    "if err != nil {\nlog.Fatal(err)\n}\nfmt.Println(who.MandatorName != \"\")\n",
		"fincalc":   "if err != nil {\nlog.Fatal(err)\n}\nfmt.Println(len(page.Data) > 0)\n",
		"onefinops": "if err != nil {\nfmt.Println(err)\nreturn\n}\nfmt.Println(bill.Status)\n",
	}
	files := map[string]string{"main.go": goFile(sandboxed + docProgram)}
	for name, end := range ends {
		block := docBlock(t, filepath.Join(root, name, "doc.go"))
		if strings.Contains(block, "://") || strings.Contains(block, "config.APIURL") {
			t.Errorf("the example of %s calls a fixed host, or APIURL, which is empty by default: take APIBaseURL\n%s", name, block)
		}
		files[name+".go"] = goFile("func doc_" + name + "() {\n" + block + end + "}\n")
	}
	files["pages.go"] = goFile(pagesCode(t))
	dir := program(t, files)
	goCommand(t, dir, "vet", ".")
	goCommand(t, dir, "build", "-o", "examples", ".")
	// The sandbox has no e-way bill at first.
	got, want := run(t, filepath.Join(dir, "examples"), ""), "true\ntrue\nonefinops: GetEWayBill: the API answered 404 Not Found (not_found)"
	if !strings.HasPrefix(got, want) {
		t.Errorf("the examples printed\n%s\nwant\n%s", got, want)
	}
}

// pagesCode returns the code blocks of the pages in docs, each as a function. The one with Redis is
// left out: its module is another, and has an example of its own.
func pagesCode(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`
var (
	ctx context.Context
	t testing.TB
	mux *http.ServeMux
	config finapi.Config
	source, finventiSource, onefinopsSource *auth.TokenSource
	redisStore auth.Store
)
`)
	n := 0
	for _, page := range pages(t) {
		if filepath.Base(filepath.Dir(page)) != "docs" {
			continue
		}
		for _, block := range codeBlocks(readFile(t, page), "go") {
			if strings.Contains(block, "redis.NewClient(") {
				continue
			}
			n++
			fmt.Fprintf(&b, "func page%d() error {\n%s", n, block)
			for _, m := range regexp.MustCompile(`(?m)^(\w+)(?:, (err))? :=`).FindAllStringSubmatch(block, -1) {
				b.WriteString("_ = " + m[1] + "\n")
				if m[2] != "" {
					b.WriteString("_ = err\n")
				}
			}
			b.WriteString("return nil\n}\n")
		}
	}
	if n < 5 {
		t.Errorf("%d blocks were found", n)
	}
	return b.String()
}

// sandboxed sets the environment that the examples read. The sandbox has a fault if the program's
// argument names one.
const sandboxed = `
func start() *sandbox.Instance {
	vendors, err := sandbox.Listen("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	if len(os.Args) > 1 && os.Args[1] != "" {
		if err := vendors.Inject(sandbox.Fault{Name: os.Args[1]}); err != nil {
			log.Fatal(err)
		}
	}
	bank, ofin, calc := vendors.FinAPI(), vendors.OneFinOps(), vendors.FinCalc()
	secret, err := os.CreateTemp("", "secret")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprint(secret, ofin.ClientSecret.Reveal())
	secret.Close()
	for name, value := range map[string]string{
		"FINAPI_MANDATOR":              bank.Mandator,
		"FINAPI_USERNAME":              bank.Username,
		"FINAPI_PASSWORD":              bank.Password.Reveal(),
		"FINAPI_AUTH_URL":              bank.AuthURL,
		"FINAPI_API_URL":               bank.APIURL,
		"ONEFINOPS_CLIENT_ID":          ofin.ClientID,
		"ONEFINOPS_CLIENT_SECRET_FILE": secret.Name(),
		"ONEFINOPS_AUTH_URL":           ofin.AuthURL,
		"ONEFINOPS_API_URL":            ofin.APIURL,
		"FINCALC_CLIENT_ID":            calc.ClientID,
		"FINCALC_CLIENT_SECRET":        calc.ClientSecret.Reveal(),
		"FINCALC_SCOPE":                calc.Scope,
		"FINCALC_EMAIL_ADDRESS":        calc.EmailAddress,
		"FINCALC_AUTH_URL":             calc.AuthURL,
		"FINCALC_API_URL":              calc.APIURL,
	} {
		os.Setenv(name, value)
	}
	return vendors
}

var invoice = onefinops.EInvoiceRequest{
	DocumentDetails:    onefinops.EInvoiceDocument{Type: onefinops.DocumentTypeInvoice, Number: "INV/2026/00001", Date: finsdk.NewDate(2026, 5, 14)},
	TransactionDetails: onefinops.EInvoiceTransaction{TaxScheme: onefinops.TaxSchemeGST, SupplyType: onefinops.SupplyTypeB2B},
	Seller: onefinops.EInvoiceSeller{GSTIN: "36AMBPG7773M002", LegalName: "Seller Pvt Ltd", Address1: "1 Market Road",
		Location: "Hyderabad", Pincode: 500032, StateCode: "36"},
	Buyer: onefinops.EInvoiceBuyer{GSTIN: "27FGHIJ5678K1Z2", LegalName: "Buyer Pvt Ltd", Address1: "2 Hill Road",
		Location: "Mumbai", Pincode: 400001, StateCode: "27"},
	Items: []onefinops.EInvoiceItem{{SerialNumber: "1", IsService: onefinops.YesNoYes, HSNCode: "998314", Quantity: 1,
		UnitPrice: 10000, TotalAmount: 10000}},
	ValueDetails: onefinops.EInvoiceValues{"totalInvoiceValue": 11800},
}

func show(err error) {
	var failure *finsdk.APIError
	switch {
	case errors.As(err, &failure) && strings.Contains(err.Error(), "in 1s, with key "+failure.IdempotencyKey+":"):
		fmt.Println(failure.StatusCode, failure.Operation+", to be repeated")
	case errors.As(err, &failure):
		fmt.Println(failure.StatusCode, failure.Operation)
	case err != nil:
		fmt.Println(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
`

const readmeProgram = `
func main() {
	vendors := start()
	defer vendors.Close()
	defer os.Remove(os.Getenv("ONEFINOPS_CLIENT_SECRET_FILE"))
	ctx := context.Background()

	show(registerAndCancel(ctx, invoice))
	show(verifyPayee(ctx, must(finventi.NewClient(vendors.FinventiProduct(finventi.VerificationOfPayee)))))
	show(whoami(ctx, must(finapi.NewClient(vendors.FinAPI()))))
	show(clients(ctx, must(fincalc.NewClient(vendors.FinCalc()))))
}
`

const docProgram = `
func main() {
	vendors := start()
	defer vendors.Close()
	defer os.Remove(os.Getenv("ONEFINOPS_CLIENT_SECRET_FILE"))
	doc_finapi()
	doc_fincalc()
	doc_onefinops()
}
`

// program makes a module from files, and returns its directory.
func program(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	files["go.sum"] = readFile(t, filepath.Join(root, "go.sum"))
	files["go.mod"] = fmt.Sprintf("module example.com/examples\n\ngo 1.26.0\n\nrequire %s v0.0.0\n\nreplace %s => %s\n", module, module, root)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// goFile adds the import lines that the code needs.
func goFile(code string) string {
	var b strings.Builder
	add := func(name, path string) {
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(code) {
			fmt.Fprintf(&b, "\t%s %q\n", name, path)
		}
	}
	for _, path := range []string{"context", "errors", "fmt", "log", "log/slog", "net/http", "os", "strings", "testing", "time"} {
		add(filepath.Base(path), path)
	}
	add("finsdk", module)
	add("filestore", module+"/auth/filestore")
	for _, p := range []string{"auth", "finventi", "finapi", "onefinops", "fincalc", "sandbox"} {
		add(p, module+"/"+p)
		add(p+"api", module+"/gen/"+p+"/api")
	}
	return "package main\n\nimport (\n" + b.String() + ")\n" + code
}

// run runs a program with one argument and returns its output.
func run(t *testing.T, command, argument string) string {
	t.Helper()
	cmd := exec.Command(command, argument)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("with %q: %v\n%s", argument, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// codeBlocks returns a page's code blocks of one language.
func codeBlocks(page, language string) []string {
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// docBlock returns the code in a file's package documentation.
func docBlock(t *testing.T, file string) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(f.Doc.Text()) {
		if code, ok := strings.CutPrefix(line, "\t"); ok {
			b.WriteString(code)
		}
	}
	return b.String()
}
