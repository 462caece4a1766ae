package work

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A consumer is a program that gets one token.
type consumer struct{ name, imports, body string }

const sdk = "github.com/finsdk/finsdk-go/"

var consumers = []consumer{
	{"net/http alone", `"net/http"`, `_, err := http.Get("https://api.example.com"); use(err)`},
	{"finsdk-go, onefinops", `"` + sdk + `onefinops"`, `s, err := onefinops.NewTokenSource(onefinops.Config{}); use(s, err); _, err = s.Client().Get("https://api.example.com"); use(err)`},
	{"finsdk-go, finapi", `"` + sdk + `finapi"`, `s, err := finapi.NewTokenSource(finapi.Config{}); use(s, err); _, err = s.Client().Get("https://api.example.com"); use(err)`},
	{"finsdk-go, finventi", `"` + sdk + `finventi"`, `s, err := finventi.NewTokenSource(finventi.Config{}); use(s, err); _, err = s.Client().Get("https://api.example.com"); use(err)`},
	{"finsdk-go, fincalc", `"` + sdk + `fincalc"`, `s, err := fincalc.NewTokenSource(fincalc.Config{}); use(s, err); _, err = s.Client().Get("https://api.example.com"); use(err)`},
	{"x/oauth2", `"context"; "golang.org/x/oauth2/clientcredentials"`, `c := clientcredentials.Config{}; _, err := c.Client(context.Background()).Get("https://api.example.com"); use(err)`},
	{"cloud.google.com/go/auth", `"context"; "net/http"; "cloud.google.com/go/auth"`,
		`p, err := auth.New2LOTokenProvider(&auth.Options2LO{}); use(err); _, err = auth.NewCachedTokenProvider(p, nil).Token(context.Background()); use(err); _, err = http.Get("https://api.example.com"); use(err)`},
	{"smithy-go bearer", `"context"; "net/http"; "github.com/aws/smithy-go/auth/bearer"`,
		`_, err := bearer.NewTokenCache(nil).RetrieveBearerToken(context.Background()); use(err); _, err = http.Get("https://api.example.com"); use(err)`},
	{"aws-sdk-go-v2", `"context"; "net/http"; "github.com/aws/aws-sdk-go-v2/aws"`,
		`_, err := aws.NewCredentialsCache(nil).Retrieve(context.Background()); use(err); _, err = http.Get("https://api.example.com"); use(err)`},
	{"azcore bearer policy", `"net/http"; "github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"; "github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"`,
		`p := runtime.NewPipeline("m", "v1", runtime.PipelineOptions{PerRetry: []policy.Policy{runtime.NewBearerTokenPolicy(nil, nil, nil)}}, nil); _, err := p.Do(nil); use(err); _, err = http.Get("https://api.example.com"); use(err)`},
	{"MSAL", `"context"; "net/http"; "github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"`,
		`cred, err := confidential.NewCredFromSecret("s"); use(err); c, err := confidential.New("https://login.example.com/tenant", "id", cred); use(err); _, err = c.AcquireTokenByCredential(context.Background(), nil); use(err); _, err = http.Get("https://api.example.com"); use(err)`},
}

// Built measures what a consumer's build pays: how many packages and modules come with a program
// that gets a token and makes a call, and how many bytes its binary has. module is the directory of
// this module.
func Built(module string, _ Size) (Table, error) {
	t := Table{
		Title:   "What a build pays",
		About:   "A program that gets a token and makes one call, built without debugging information. Packages and modules are those beside the standard library and the program.",
		Columns: []string{"", "packages", "modules", "binary", "beside net/http"},
	}
	dir, err := os.MkdirTemp("", "bench-build-")
	if err != nil {
		return t, err
	}
	defer os.RemoveAll(dir)
	var base int64
	for _, c := range consumers {
		source, overlay, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "binary")
		text := "package main\nimport (" + c.imports + ")\nfunc use(values ...any) { if values[len(values)-1] != nil { panic(values) } }\nfunc main() {" + c.body + "}\n"
		if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
			return t, err
		}
		// The program lies in this module, whose go.mod has the versions.
		replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(module, "consumer", "main.go"): source}})
		if err != nil {
			return t, err
		}
		if err := os.WriteFile(overlay, replace, 0o600); err != nil {
			return t, err
		}
		listed, err := goCommand(module, "list", "-overlay", overlay, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}} {{with .Module}}{{.Path}}{{end}}{{end}}", "./consumer")
		if err != nil {
			return t, err
		}
		packages, modules := 0, map[string]bool{}
		for line := range strings.Lines(listed) {
			path, mod, _ := strings.Cut(strings.TrimSpace(line), " ")
			if path == "" || strings.HasSuffix(path, "/consumer") {
				continue
			}
			packages++
			modules[mod] = true
		}
		if _, err := goCommand(module, "build", "-overlay", overlay, "-trimpath", "-ldflags=-s -w", "-o", binary, "./consumer"); err != nil {
			return t, err
		}
		info, err := os.Stat(binary)
		if err != nil {
			return t, err
		}
		if base == 0 {
			base = info.Size()
		}
		t.row(c.name, number(float64(packages)), number(float64(len(modules))), megabytes(info.Size()), megabytes(info.Size()-base))
	}
	return t, nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }

func goCommand(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); ok {
		err = fmt.Errorf("go %s: %w\n%s", args[0], err, exit.Stderr)
	}
	return string(out), err
}
