package agreement

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/interop/table"
	"github.com/finsdk/finsdk-go/sandbox"
)

// documentOf returns a document with a token operation at a path, whose form has a schema.
func documentOf(path string, schema string) string {
	return `{"openapi":"3.0.3","info":{"title":"A made-up vendor","version":"1"},"paths":{"` + path + `":{"post":{"operationId":"IssueToken",
		"requestBody":{"content":{"application/x-www-form-urlencoded":{"schema":` + schema + `}}},"responses":{"200":{"description":"A token."}}}}}}`
}

// writeDocuments writes documents to a temporary directory.
func writeDocuments(t *testing.T, documents map[sandbox.Vendor]string) string {
	t.Helper()
	dir := t.TempDir()
	for v, text := range documents {
		if err := os.WriteFile(filepath.Join(dir, string(v)+".yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const madeUpPath = "/realms/{realm}/protocol/openid-connect/token"

// madeUp returns documents of made-up vendors.
func madeUp() map[sandbox.Vendor]string {
	return map[sandbox.Vendor]string{
		sandbox.Finventi: documentOf(madeUpPath, `{"required":["grant_type","client_id","client_secret","level","flag","colour"],"properties":{
			"grant_type":{"type":"string","enum":["client_credentials"]},"client_id":{"type":"string"},"client_secret":{"type":"string"},
			"level":{"type":"integer","enum":[3]},"flag":{"type":"boolean","enum":[false]},"colour":{"type":"string","example":"blue"}}}`),
		sandbox.FinAPI: documentOf(madeUpPath, `{"type":"object","oneOf":[
			{"required":["grant_type","username"],"properties":{"grant_type":{"type":"string","enum":["password"]},"username":{"type":"string"}}},
			{"required":["refresh_token","grant_type"],"properties":{"grant_type":{"type":"string","enum":["refresh_token"]},"refresh_token":{"type":"string"}}}]}`),
		sandbox.OneFinOps: documentOf("/realms/onefinops/protocol/openid-connect/token", `{"required":["unheard_of"]}`),
	}
}

func TestFormsFollowTheDocuments(t *testing.T) {
	all, err := forms(writeDocuments(t, madeUp()))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range all {
		text := f.request().String()
		for _, before := range f.before {
			text += " after " + before.String()
		}
		got = append(got, text)
	}
	const login = "POST /realms/customer/protocol/openid-connect/token | grant_type=password&username=anna"
	want := []string{
		"POST /realms/sti-connector/protocol/openid-connect/token | grant_type=client_credentials&client_id=sti-client&client_secret=s3cr3t-sti&level=3&flag=false&colour=blue",
		login,
		"POST /realms/customer/protocol/openid-connect/token | refresh_token=${1.refresh_token}&grant_type=refresh_token after " + login,
		"POST /realms/onefinops/protocol/openid-connect/token | unheard_of=x",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	without := madeUp()
	without[sandbox.FinAPI] = strings.Replace(without[sandbox.FinAPI], "IssueToken", "Other", 1)
	if _, err := forms(writeDocuments(t, without)); err == nil || !strings.Contains(err.Error(), "finapi: 0 operations IssueToken") {
		t.Errorf("without a token operation: %v", err)
	}
}

// Requests stay on record even if the documents now give others. The difference is counted.
func TestRecordingsKeepTheirRequests(t *testing.T) {
	dir := writeDocuments(t, madeUp())
	cases, err := Random(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Random(dir)
	if err != nil || !reflect.DeepEqual(cases, again) {
		t.Errorf("the same documents give other requests: %v", err)
	}
	t.Chdir(t.TempDir())
	var list []Recording
	for _, c := range cases {
		r := Recording{Case: c, Answer: table.Answer{Status: 400, Error: "invalid_request"}}
		r.Answer.SetCase(c)
		list = append(list, r)
	}
	if err := WriteRandom("1.2.3", list); err != nil {
		t.Fatal(err)
	}
	read, err := ReadRandom("1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range read {
		if !reflect.DeepEqual(r, list[i]) {
			t.Errorf("read %+v\nwrote %+v", r, list[i])
		}
	}
	if missing := Missing(cases, read); len(missing) > 0 {
		t.Errorf("%d are missing", len(missing))
	}
	changed := madeUp()
	changed[sandbox.OneFinOps] = strings.Replace(changed[sandbox.OneFinOps], "unheard_of", "scope", 1)
	drawn, err := Random(writeDocuments(t, changed))
	if err != nil {
		t.Fatal(err)
	}
	missing := Missing(drawn, read)
	if len(missing) == 0 || slices.ContainsFunc(missing, func(name string) bool { return !strings.Contains(name, "-onefinops-") }) {
		t.Errorf("of OneFinOps's requests, which are others now, these are missing: %q", missing)
	}
}
