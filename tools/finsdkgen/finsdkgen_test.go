package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const top = "../.."

// documents are the repository's.
var documents = []string{"specs/finventi.yaml", "specs/finapi.yaml", "specs/onefinops.yaml", "specs/fincalc.yaml"}

// madeUp are documents of testdata that tests can edit: the repository's documents change when a
// vendor does.
var madeUp = []string{"specs/plain.yaml", "specs/body.yaml"}

// copyTree copies the made-up documents and their vendors' hand-written files to a temporary
// directory.
func copyTree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("testdata/vendors")); err != nil {
		t.Fatal(err)
	}
	return root
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// edit replaces texts in a document, and fails if one is missing.
func edit(t *testing.T, root, file string, pairs ...string) {
	t.Helper()
	name := filepath.Join(root, file)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(string(text), pairs[i]) {
			t.Fatalf("%s lacks %q", file, pairs[i])
		}
		text = []byte(strings.Replace(string(text), pairs[i], pairs[i+1], 1))
	}
	write(t, name, string(text))
}

func TestWhatIsCommittedIsWhatTheDocumentsGenerate(t *testing.T) {
	_, files, err := generate(top, documents)
	if err != nil {
		t.Fatal(err)
	}
	if files["README.md"] == nil {
		t.Error("README.md has no place for the table of settings")
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(top, name))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is not what its document generates: %v; run make generate", name, err)
		}
	}
}

func TestErrorInADocumentIsOneLineAndWritesNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		pairs []string
		want  string
	}{
		"an example against its schema": {[]string{`"expires_in": 900`, `"expires_in": "soon"`}, `/expires_in`},
		"a curl without its example":    {[]string{"--data-urlencode 'client_id=<your-client-id>'", "--data-urlencode 'client_id=other'"}, "no example of the request equals the request of curl"},
		"a curl of another path":        {[]string{"'https://auth.plain.example/token'", "'https://auth.plain.example/oauth'"}, "calls POST /oauth"},
		"a second token operation":      {[]string{"tags: [session]", "tags: [token]"}, "second token operation"},
		"a name that Go cannot have":    {[]string{"        not-before-policy:", "        '2fa!': {type: string}\n        not-before-policy:"}, `"2fa!" has no name in Go`},
		"two members with one name":     {[]string{"        not-before-policy:", "        not_before_policy: {type: string}\n        not-before-policy:"}, "have the same name in Go"},
		"a name of Token's own":         {[]string{"        not-before-policy:", "        expiry: {type: string}\n        not-before-policy:"}, "needs the name Expiry"},
		"an unknown grant":              {[]string{"enum: [client_credentials]", "enum: [device_code]", `"grant_type": "client_credentials"`, `"grant_type": "device_code"`, "grant_type=client_credentials", "grant_type=device_code"}, `"device_code"`},
		"an operation without a name":   {[]string{"operationId: ListOrders", "operationId: 2orders"}, `"2orders" has no name in Go`},
		"two operations with one name":  {[]string{"operationId: ListOrders", "operationId: revoke-token"}, "have the same name in Go, RevokeToken"},
		"the Client's own name":         {[]string{"operationId: ListOrders", "operationId: TokenSource"}, "needs the name TokenSource"},
		"a name of the API's package":   {[]string{"/Orders'", "/Client'", "    Orders:", "    Client:"}, "has the name Client"},
		"an answer without a name":      {[]string{"{$ref: '#/components/schemas/Orders'}", "{type: object, properties: {orders: {type: string}}}"}, "an object without a name"},
		"a request that is no JSON":     {[]string{"operationId: ListOrders\n", "operationId: ListOrders\n      requestBody: {content: {text/plain: {schema: {type: string}}}}\n"}, "its request is text/plain"},
		"a request without an example":  {[]string{"operationId: ListOrders\n", "operationId: ListOrders\n      requestBody: {content: {application/json: {schema: {type: string}}}}\n"}, "its request has no example"},
		"members with one name":         {[]string{"    Orders:\n      type: object\n      properties:\n", "    Orders:\n      type: object\n      properties:\n        'or-ders': {type: string}\n        or_ders: {type: string}\n"}, "have the same name in Go, OrDers"},
		"an example that loses digits":  {[]string{"schema: {$ref: '#/components/schemas/Orders'}", "schema: {$ref: '#/components/schemas/Orders'}\n              example: {ids: [], last: 9007199254740993}"}, "ListOrders: example example has the number 9007199254740992, which has more digits"},
		"a failure's unknown member":    {[]string{"    Orders:\n      type: object\n", "    Orders:\n      type: object\n      x-error: {message: ids.text, code: idx}\n"}, "x-error: code: the schema has no member idx"},
		"a grant that is not named":     {[]string{"grant_type: {type: string, enum: [client_credentials]}", "grant_type: {type: string}"}, "grant_type is not one constant: give it an enum"},
		"a token of another name":       {[]string{"        access_token: {type: string}", "        accessToken: {type: string}", "required: [access_token]", "required: [accessToken]", `"access_token": "a.b.c"`, `"accessToken": "a.b.c"`}, "the answer has no access_token, nor has an object in it"},
		"a client assertion":            {[]string{"        client_secret: {type: string, format: password}", "        client_secret: {type: string, format: password}\n        client_assertion: {type: string}"}, "client_assertion is not supported"},
		"a key beside the token":        {[]string{"security: [{token: []}]", "security: [{token: [], key: []}]", "    token: {type: http, scheme: bearer}", "    token: {type: http, scheme: bearer}\n    key: {type: apiKey, in: header, name: X-Key}"}, "ListOrders: security scheme key is not of type http and scheme bearer: describe"},
		"a server without TLS":          {[]string{"https://api.plain.example", "http://api.plain.example"}, "is not an https URL"},
		"a constant of another type":    {[]string{"enum: [client_credentials]", "enum: [client_credentials]}\n        level: {type: integer, enum: ['3']"}, "which is no integer"},
		"a constant that loses digits":  {[]string{"enum: [client_credentials]", "enum: [client_credentials]}\n        level: {type: integer, enum: [9007199254740993]"}, "more digits"},
		"no YAML":                       {[]string{"openapi: 3.0.3", "openapi: ["}, "yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			root := copyTree(t)
			edit(t, root, madeUp[0], tt.pairs...)
			err := run(root, madeUp)
			if err == nil || !strings.HasPrefix(err.Error(), madeUp[0]+": ") || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %s and %s", err, madeUp[0], tt.want)
			}
			if _, err := os.Stat(filepath.Join(root, "gen")); !os.IsNotExist(err) {
				t.Errorf("something was written: %v", err)
			}
		})
	}
}

// changed edits the documents as vendors may, in ways that need no line of Go.
func changed(t *testing.T, root string) {
	edit(t, root, "specs/plain.yaml",
		"- &auth {url: https://auth.plain.example", "- &auth {variables: {host: {default: login}}, url: 'https://{host}.plain.example'",
		"curl -X POST 'https://auth.plain.example/token'", "curl -X POST 'https://login.plain.example/token'",
		"      required: [grant_type, client_id, client_secret]\n      properties:\n", `      required: [grant_type, client_id, client_secret, tenant_kind]
      properties:
        tenant_kind: {type: string, enum: [psp]}
        api_level: {type: integer, enum: [3]}
        strict: {type: boolean, enum: [true]}
        scope: {type: string, enum: [plain.api]}
        format: {type: string, enum: ['50% "$x" \ + ü']}
`,
		`"client_secret": "<your-client-secret>"`, `"client_secret": "<your-client-secret>", "tenant_kind": "psp", "scope": "plain.api", "format": "50% \"$x\" \\ + ü"`,
		"--data-urlencode 'client_secret=<your-client-secret>'", "--data-urlencode 'client_secret=<your-client-secret>' --data-urlencode 'tenant_kind=psp' -d 'scope=plain%2Eapi' --data-urlencode \"format=50% \\\"\\$x\\\" \\\\ + ü\"",
		"      security: []\n", `      security: []
      parameters:
        - {name: X-Api-Version, in: header, required: true, schema: {type: string, enum: ['2026-01']}}
        - {name: X-Level, in: header, schema: {type: integer, enum: [2]}}
`,
		"        not-before-policy:", `        plan:
          type: object
          properties:
            name: {type: string}
            limits: {type: array, items: {type: object, properties: {per-minute: {type: integer}}}}
        products: {type: array, items: {type: string}}
        last-login: {type: string, format: date-time}
        not-before-policy:`,
		"              schema: {$ref: '#/components/schemas/Orders'}", `              schema: {$ref: '#/components/schemas/Orders'}
        default: {$ref: '#/components/responses/Problem'}
  /document:
    servers: [*api]
    get:
      operationId: Download
      tags: [api]
      security: [{token: []}]
      responses:
        '200': {description: A file., content: {application/pdf: {schema: {type: string, format: binary}}}}
        default: {$ref: '#/components/responses/Problem'}`,
		"  schemas:\n", `  responses:
    Problem:
      description: A problem.
      content: {application/json: {schema: {$ref: '#/components/schemas/Problem'}}}
  schemas:
    Problem: {type: object, properties: {document: {$ref: '#/components/schemas/Document'}}}
    Document: {type: object, properties: {id: {type: string}}}
`)
	edit(t, root, "specs/body.yaml",
		"      required: [grant_type, client_id, client_secret]\n      properties:\n", "      required: [grant_type, client_id, client_secret]\n      properties:\n        version: {type: integer, enum: [2]}\n")
}

func TestVendorsChangesNeedNoLineOfGo(t *testing.T) {
	root := copyTree(t)
	changed(t, root)
	if out, err := build(t, root); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, parts := range map[string][]string{
		"gen/plain/encode.gen.go": {`tenant_kind=psp`, `api_level=3`, `strict=true`, `scope=plain.api`, `format=50%25+%22%24x%22+%5C+%2B+%C3%BC`},
		"gen/plain/plain.gen.go":  {`"https://login.plain.example"`, "FormatMember "},
		"plain/vendor.gen.go":     {`XApiVersion: "2026-01"`, `XLevel: `, `"scope=plain.api"`},
		"plain/token.gen.go":      {"Plan TokenPlan", "Limits []TokenPlanLimits", "Products []string", "LastLogin time.Time", `{Name: "last-login", Kind: "string"}`},
		"plain/client.gen.go":     {"Download(ctx context.Context, reqEditors ...plainapi.RequestEditorFn) ([]byte, error)", "return resp.Body, nil"},
		"gen/body/encode.gen.go":  {`body.add("version", json.RawMessage("2"))`},
	} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if !strings.Contains(squeezed(string(text)), squeezed(part)) {
				t.Errorf("%s lacks %s", name, part)
			}
		}
	}
}

// squeezed returns text without the spaces that gofmt aligns with.
func squeezed(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestRequiredMemberWithoutAFieldIsOneCompileErrorThatNamesIt(t *testing.T) {
	for name, pairs := range map[string][]string{
		"a member": {
			"required: [grant_type, client_id, client_secret]\n      properties:\n", "required: [grant_type, client_id, client_secret, tenant_id]\n      properties:\n        tenant_id: {type: string}\n",
			`"client_secret": "<your-client-secret>"`, `"client_secret": "<your-client-secret>", "tenant_id": "t"`,
			"--data-urlencode 'client_secret=<your-client-secret>'", "--data-urlencode 'client_secret=<your-client-secret>' --data-urlencode 'tenant_id=t'"},
		"a header": {"      security: []\n", "      security: []\n      parameters:\n        - {name: Tenant-Id, in: header, required: true, schema: {type: string}}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			root := copyTree(t)
			edit(t, root, "specs/plain.yaml", pairs...)
			out, err := build(t, root)
			var lines []string
			for line := range strings.Lines(out) {
				if strings.Contains(line, ".go:") {
					lines = append(lines, line)
				}
			}
			if err == nil || len(lines) != 1 || !strings.Contains(out, "c.TenantID undefined (type Config has no field or method TenantID)") {
				t.Errorf("got %v\n%s", err, out)
			}
		})
	}
}

// build generates the made-up vendors below root, and compiles them as a part of the repository.
func build(t *testing.T, root string) (string, error) {
	t.Helper()
	if err := run(root, madeUp); err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(top)
	if err != nil {
		t.Fatal(err)
	}
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	err = filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		below, err := filepath.Rel(root, name)
		overlay.Replace[filepath.Join(here, below)] = name
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	write(t, file, string(text))
	cmd := exec.Command("go", "build", "-overlay", file, "./plain", "./body", "./gen/plain/...", "./gen/body/...")
	cmd.Dir = here
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestChangesAreToldForCallers(t *testing.T) {
	root := copyTree(t)
	before, err := load(root, "specs/plain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	changed(t, root)
	after, err := load(root, "specs/plain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := changes("plain", before.document, after.document)
	for _, want := range []string{
		`plain: new: IssueToken, request client_credentials, member api_level: 3, sent by the SDK itself`,
		`plain: new: IssueToken, header parameter X-Api-Version: "2026-01", sent by the SDK itself`,
		`plain: changed: host AuthURL: https://login.plain.example, was https://auth.plain.example`,
		`plain: new: IssueToken, answer 200, member plan.limits.per-minute: integer`,
		`plain: new: operation Download: GET /document`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not among\n%s", want, strings.Join(lines, "\n"))
		}
	}
	if i := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "Download, ") }); i >= 0 {
		t.Errorf("%q stands beside the new operation", lines[i])
	}
	if back := changes("plain", after.document, before.document); len(back) != len(lines) {
		t.Errorf("%d changes there, %d back", len(lines), len(back))
	}
	if none := changes("plain", before.document, before.document); len(none) != 0 {
		t.Errorf("nothing has changed, but %q", none)
	}
}

func TestFailedRunLeavesTheTreeOfTheLastOne(t *testing.T) {
	root := copyTree(t)
	if err := run(root, madeUp); err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(root, "gen/plain/old.gen.go")
	write(t, stale, "package plaingen\n")
	before := tree(t, root)
	edit(t, root, "specs/body.yaml", "openapi: 3.0.3", "openapi: [")
	if err := run(root, madeUp); err == nil {
		t.Fatal("no error")
	}
	after := tree(t, root)
	if !slices.Equal(before, after) {
		t.Errorf("got %q, want %q", after, before)
	}
	edit(t, root, "specs/body.yaml", "openapi: [", "openapi: 3.0.3")
	if err := run(root, madeUp); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Errorf("what is generated no longer stays: %v", err)
	}
}

func tree(t *testing.T, root string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, _ os.DirEntry, err error) error {
		names = append(names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestNames(t *testing.T) {
	for member, want := range map[string]string{
		"client_id": "ClientID", "not-before-policy": "NotBeforePolicy", "emailAddress": "EmailAddress", "X-Api-Version": "XAPIVersion",
		"ClientGUID": "ClientGUID", "2fa": "", "": "", "日": "",
	} {
		if got := goName(member); got != want {
			t.Errorf("%q: got %q, want %q", member, got, want)
		}
	}
	for name, want := range map[string]string{"ClientID": "CLIENT_ID", "APIURL": "API_URL", "AuthURL": "AUTH_URL", "EmailAddress": "EMAIL_ADDRESS", "Realm": "REALM"} {
		if got := screaming(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// The comment of an alias is what go doc and editors show of a type.
func TestAliasDoc(t *testing.T) {
	p, err := readAPI([]byte(`package shopapi

// Order An order. The vendor shows
// more.
type Order struct{}

// Gender 1 for male.
type Gender int

// Page URL of a page.
type Page string

// OrderParams defines parameters for X.
type OrderParams struct{}

type Bare string
`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Order":       "Order: an order. The vendor shows more. See [shopapi.Order] for its fields.",
		"Gender":      "Gender: 1 for male.",
		"Page":        "Page: URL of a page.",
		"OrderParams": "OrderParams defines parameters for X. See [shopapi.OrderParams] for its fields.",
		"Bare":        "Bare is a part of a request or an answer.",
	} {
		if got := p.aliasDoc(name); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
