package repo

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	// The consumers import these packages. This test imports them too, so that a change invalidates
	// its cached result.
	_ "github.com/finsdk/finsdk-go/finapi"
	_ "github.com/finsdk/finsdk-go/fincalc"
	_ "github.com/finsdk/finsdk-go/finventi"
	_ "github.com/finsdk/finsdk-go/onefinops"
)

const module = "github.com/finsdk/finsdk-go"

// root is the repository, as seen from here.
var root = filepath.Join("..", "..", "..")

// A service that imports one vendor gets few further packages, and keeps the versions of its other
// dependencies.
func TestConsumerOfOneVendorGetsLittleElse(t *testing.T) {
	dir := copyOfConsumer(t)

	packages := strings.Fields(goCommand(t, dir, "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "."))
	var others []string
	for _, p := range packages {
		if p != module && !strings.HasPrefix(p, module+"/") && p != "example.com/consumer" {
			others = append(others, p)
		}
	}
	const most = 3 // x/oauth2 in two packages, and jwt
	if len(others) > most {
		t.Errorf("%d packages that are neither ours nor the standard library's, want at most %d:\n%s", len(others), most, strings.Join(others, "\n"))
	}
	for _, p := range []string{"example.com/consumer", module + "/onefinops", module + "/auth"} {
		if !strings.Contains("\n"+strings.Join(packages, "\n")+"\n", "\n"+p+"\n") {
			t.Errorf("%s is not among them, so something else was counted:\n%s", p, strings.Join(packages, "\n"))
		}
	}

	// The SDK's own dependencies or its generator would raise each of these versions.
	want := "golang.org/x/text v0.30.0\ngolang.org/x/net v0.46.0\ngithub.com/getkin/kin-openapi v0.133.0"
	got := strings.TrimSpace(goCommand(t, dir, "list", "-m", "golang.org/x/text", "golang.org/x/net", "github.com/getkin/kin-openapi"))
	if got != want {
		t.Errorf("the consumer's own versions became\n%s\nwant\n%s", got, want)
	}

	goCommand(t, dir, "build", "-o", os.DevNull, "./...")
}

// The other vendors need the same packages, and none that only oapi-codegen's own clients need.
func TestConsumerOfAnotherVendorGetsTheSame(t *testing.T) {
	sums := readFile(t, filepath.Join(root, "go.sum"))
	for _, vendor := range []string{"finventi", "finapi", "fincalc"} {
		dir := copyOfConsumer(t)
		for name, change := range map[string]func(string) string{
			"main.go": func(text string) string { return strings.ReplaceAll(text, "onefinops", vendor) },
			"go.sum":  func(text string) string { return text + sums },
		} {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(change(readFile(t, path))), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var foreign []string
		for _, p := range strings.Fields(goCommand(t, dir, "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")) {
			if !strings.HasPrefix(p, module) && p != "example.com/consumer" {
				foreign = append(foreign, p)
			}
		}
		want := []string{"github.com/golang-jwt/jwt/v5", "golang.org/x/oauth2", "golang.org/x/oauth2/internal"}
		slices.Sort(foreign)
		if !slices.Equal(foreign, want) {
			t.Errorf("%s brings %v, want %v", vendor, foreign, want)
		}
	}
}

// copyOfConsumer copies testdata/consumer to a directory that the go command may change, and points
// it at this tree.
func copyOfConsumer(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	// The test reads these files so that a change invalidates its cached result.
	for _, name := range []string{"go.mod", "go.sum"} {
		if _, err := os.ReadFile(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "testdata", "consumer"))); err != nil {
		t.Fatal(err)
	}
	goCommand(t, dir, "mod", "edit", "-replace", module+"="+root)
	return dir
}

// goCommand runs the go command in dir and returns its output. -mod=mod lets it add the SDK's
// requirements, as "go get" does for a consumer.
func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=mod", "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}
