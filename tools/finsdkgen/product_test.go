package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestErrorsInProducts(t *testing.T) {
	const file = "specs/finventi.yaml"
	for name, tt := range map[string]struct {
		pairs []string
		want  string
	}{
		"an unknown product":          {[]string{"      x-product: VerificationOfPayee", "      x-product: Ledger"}, `x-product "Ledger" is not one of x-products`},
		"a server of another product": {[]string{"x-go-name: SandboxRRCAPIURL\n    x-product: RRC", "x-go-name: SandboxRRCAPIURL\n    x-product: Payments"}, `is of product "Payments", and the operation of "RRC"`},
		"a server without its name":   {[]string{"x-go-name: SandboxRRCAPIURL", "x-go-name: SandboxAPIURL"}, "needs an x-go-name such as SandboxRRCAPIURL"},
		"a value without a field":     {[]string{"client_id: api-vop-client", "tenant_kind: psp"}, "there is no Config field for tenant_kind"},
		"a name that Go cannot have":  {[]string{"  - name: RRC\n", "  - name: rrc\n"}, `"rrc" is not an exported Go name`},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, name := range []string{file, "finventi/config.go", "finventi/hint.go"} {
				text, err := os.ReadFile(filepath.Join(top, name))
				if err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(root, name), string(text))
			}
			edit(t, root, file, tt.pairs...)
			if err := run(root, []string{file}); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %s", err, tt.want)
			}
		})
	}
}
