package tokenendpoint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

// A secret may contain any character, so it is sent unchanged. If it is refused, the hint mentions
// a character at its edge that copying may have added.
func TestRejectedSecret_withAnOddEdge(t *testing.T) {
	const core = "a5f0c7-secret"
	for name, tt := range map[string]struct {
		file string
		odd  bool
	}{
		"plain":                   {core, false},
		"plain, ends its line":    {core + "\n", false},
		"quotation marks inside":  {"a5f0c7\" '-secret", false},
		"symbols around it":       {"+" + core + "==", false},
		"two line breaks":         {core + "\n\n", true},
		"carriage return":         {core + "\r", true},
		"blank before it":         {" " + core, true},
		"no-break space after it": {core + "\u00a0", true},
		"double quotation marks":  {`"` + core + `"`, true},
		"single quotation marks":  {"'" + core + "'", true},
		"typographic quotation":   {"“" + core + "”", true},
		"byte order mark":         {"\ufeff" + core, true},
		"zero width space":        {core + "\u200b", true},
		"NUL":                     {core + "\x00", true},
		"UTF-16":                  {"\xff\xfea\x005\x00f\x000\x00", true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(path, []byte(tt.file), 0o600); err != nil {
				t.Fatal(err)
			}
			for status, body := range map[int]string{401: `{"error":"invalid_client"}`, 403: "", 200: good, 503: ""} {
				x := &tokenendpoint.Exchange{Vendor: "test", Op: "client_credentials grant"}
				sent, err := x.UseSecret(t.Context(), fieldSecret, auth.FileSecret(path))
				if err != nil {
					t.Fatal(err)
				}
				if want := strings.TrimSuffix(tt.file, "\n"); sent != want {
					t.Errorf("%q was sent, want %q", sent, want)
				}
				_, err = post(vendortest.With(t, vendortest.Stub(status, body)), x, "https://vendor.example/token")
				told := err != nil && strings.Contains(err.Error(), "begins or ends with")
				if want := tt.odd && status/100 == 4; told != want {
					t.Errorf("%d: got %v", status, err)
				}
				if err != nil && (strings.Contains(err.Error(), "a5f0c7") || strings.Contains(err.Error(), "ClientSecret")) {
					t.Errorf("%d: it shows which secret: %v", status, err)
				}
			}
		})
	}
}
