package vendortest

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	finsdk "github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

// Golden compares a request with the file testdata/<name>, which has the vendor's documented one: request line,
// header fields, an empty line, and the body. A form has a decoded field a line, in any order; any other body is
// compared byte by byte. With UPDATE_GOLDEN=1 in the environment the file is written instead.
func Golden(t testing.TB, name string, got Request) {
	t.Helper()
	path := filepath.Join("testdata", name)
	text := render(t, got)
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("the request is not the documented one\ngot:\n%s\nwant (%s):\n%s", text, path, want)
	}
}

// onTheWay are header fields that belong to the connection and not to the request.
var onTheWay = []string{"Accept-Encoding", "Connection", "Content-Length", "Host"}

func render(t testing.TB, r Request) string {
	t.Helper()
	var b strings.Builder
	target := r.Path
	if r.RawQuery != "" {
		target += "?" + r.RawQuery
	}
	fmt.Fprintf(&b, "%s %s\n", r.Method, target)
	var lines []string
	for name, values := range r.Header {
		if slices.Contains(onTheWay, http.CanonicalHeaderKey(name)) {
			continue
		}
		for _, v := range values {
			lines = append(lines, name+": "+strings.ReplaceAll(v, finsdk.Version, "VERSION")+"\n")
		}
	}
	slices.Sort(lines)
	b.WriteString(strings.Join(lines, "") + "\n")
	if r.Header.Get("Content-Type") != tokenendpoint.FormType {
		return b.String() + r.Body + "\n"
	}
	form, err := url.ParseQuery(r.Body)
	if err != nil {
		t.Fatalf("the body is not a form: %v", err)
	}
	lines = nil
	for name, values := range form {
		for _, v := range values {
			lines = append(lines, name+"="+v+"\n")
		}
	}
	slices.Sort(lines)
	return b.String() + strings.Join(lines, "")
}

// ReadFile returns a file of testdata.
func ReadFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
