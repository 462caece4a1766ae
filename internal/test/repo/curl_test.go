package repo

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finapi"
	"github.com/finsdk/finsdk-go/fincalc"
	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// documented is the address that the commands of docs/sandbox.md call.
const documented = "http://127.0.0.1:8090"

// The page has a command for a token of each vendor. It sends the SDK's request to the same URL,
// without further constants of the document. Another command calls an API with such a token. All
// commands work.
func TestSandboxPage_curlCommands(t *testing.T) {
	vendors := sandbox.Start(t, sandbox.WithoutDocument())
	shown := map[string]string{} // the parameters of a token request by its path
	token := ""                  // of finAPI
	for line := range strings.Lines(readFile(t, filepath.Join(root, "docs", "sandbox.md"))) {
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		req, body := curl(t, strings.ReplaceAll(line, "$TOKEN", token), vendors.URL)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%sis answered %s %s %v", line, resp.Status, answer, err)
		}
		if req.Method == http.MethodGet {
			shown["GET "+req.URL.Path] = ""
			continue
		}
		shown["POST "+req.URL.Path] = parameters(t, req, body)
		var issued struct {
			AccessToken string `json:"access_token"`
		}
		if json.Unmarshal(answer, &issued) == nil && strings.HasPrefix(req.URL.Path, "/finapi/") {
			token = issued.AccessToken
		}
	}

	vendors = sandbox.Start(t)
	want := map[string]string{"GET /finapi/api/whoami": ""}
	for _, newSource := range []func(auth.Option) (*auth.TokenSource, error){
		func(o auth.Option) (*auth.TokenSource, error) { return finventi.NewTokenSource(vendors.Finventi(), o) },
		func(o auth.Option) (*auth.TokenSource, error) { return finapi.NewTokenSource(vendors.FinAPI(), o) },
		func(o auth.Option) (*auth.TokenSource, error) {
			return onefinops.NewTokenSource(vendors.OneFinOps(), o)
		},
		func(o auth.Option) (*auth.TokenSource, error) { return fincalc.NewTokenSource(vendors.FinCalc(), o) },
	} {
		source, err := newSource(auth.WithHTTPClient(&http.Client{Transport: tap(func(req *http.Request, body []byte) {
			want["POST "+req.URL.Path] = parameters(t, req, body)
		})}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.Token(); err != nil {
			t.Fatal(err)
		}
	}
	for call, params := range want {
		if got, ok := shown[call]; !ok || got != params {
			t.Errorf("%s: the page sends %q, the SDK %q", call, got, params)
		}
	}
	for call := range shown {
		if _, ok := want[call]; !ok {
			t.Errorf("%s: the page has a command that the SDK does not send", call)
		}
	}
}

// tap is called with each request and its body before it is sent.
type tap func(*http.Request, []byte)

func (f tap) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	f(req, body)
	again := req.Clone(req.Context())
	again.Body = io.NopCloser(strings.NewReader(string(body)))
	return http.DefaultTransport.RoundTrip(again)
}

// parameters returns a body with its members in alphabetical order, without the constants.
func parameters(t *testing.T, req *http.Request, body []byte) string {
	t.Helper()
	vendor, _, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	constants := constantsOf(t, vendor)
	if req.Header.Get("Content-Type") == "application/json" {
		var members map[string]any
		if err := json.Unmarshal(body, &members); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		for _, name := range constants {
			delete(members, name)
		}
		text, _ := json.Marshal(members)
		return string(text)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		t.Errorf("%s: %v", body, err)
	}
	for _, name := range constants {
		form.Del(name)
	}
	return form.Encode()
}

// constantsOf names the members of a vendor's token request for which its document has one value.
func constantsOf(t *testing.T, vendor string) (names []string) {
	t.Helper()
	type schema struct {
		Properties map[string]struct{ Enum []any }
	}
	var document struct {
		Operations []struct {
			Tags        []string
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						schema
						OneOf []schema
					}
				}
			}
		}
	}
	text := readFile(t, filepath.Join(root, "gen", vendor, "server", "document.json"))
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	for _, op := range document.Operations {
		if !slices.Contains(op.Tags, "token") {
			continue
		}
		for _, body := range op.RequestBody.Content {
			for _, variant := range append(body.Schema.OneOf, body.Schema.schema) {
				for name, property := range variant.Properties {
					if len(property.Enum) == 1 && name != "grant_type" && name != "client_id" {
						names = append(names, name)
					}
				}
			}
		}
	}
	return names
}

// curl returns the request that a command sends, to another base than the documented one.
func curl(t *testing.T, line, base string) (*http.Request, []byte) {
	t.Helper()
	words := shellWords(t, strings.TrimSpace(line))
	method, target, header := http.MethodGet, "", http.Header{}
	var data []string
	for i := 1; i < len(words); i++ {
		switch word := words[i]; {
		case word == "-sS":
		case word == "-d" && i+1 < len(words):
			i++
			method, data = http.MethodPost, append(data, words[i])
		case word == "-H" && i+1 < len(words):
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			header.Set(name, value)
		case strings.HasPrefix(word, documented+"/") && target == "":
			target = base + strings.TrimPrefix(word, documented)
		default:
			t.Errorf("curl is given %q, which this test does not know", word)
		}
	}
	body := strings.Join(data, "&")
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if req.Header = header; method == http.MethodPost && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req, []byte(body)
}

// shellWords splits a command as a shell does. The command must have no variables or the like.
func shellWords(t *testing.T, line string) (words []string) {
	t.Helper()
	var quote rune
	var word strings.Builder
	for _, r := range line + " " {
		switch {
		case r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case quote == 0 && r == ' ':
			if word.Len() > 0 {
				words = append(words, word.String())
			}
			word.Reset()
		case quote == 0 && strings.ContainsRune("|&;<>(){}*?~#![]\\$`", r), quote == '"' && strings.ContainsRune("\\$`!", r):
			t.Fatalf("%s: a shell does not take %q as it stands", line, r)
		default:
			word.WriteRune(r)
		}
	}
	if quote != 0 {
		t.Fatalf("%s: a quotation mark is not closed", line)
	}
	return words
}
