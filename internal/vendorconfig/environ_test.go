package vendorconfig_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// A secret that was pasted into the variable for its file must not show in a log.
func TestProblemOfASecretFileDoesNotQuoteThePath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "HUSHHUSH")
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"HUSHHUSH":                              "a file that does not exist",
		"/etc/HUSHHUSH/x":                       "a file that does not exist",
		dir:                                     "what is not a regular file",
		write("encoded", "[redacted]\n", 0o600): `names a file whose content is "[redacted]"`,
		write("empty", "", 0o600):               "an empty file",
		write("blank", " \n\n", 0o600):          "blank",
		write("large", strings.Repeat("HUSHHUSH", 10000), 0o600): "too large",
		write("file", "x", 0o600) + "/HUSHHUSH":                  "cannot be read (not a directory)",
		strings.Repeat("HUSHHUSH", 1000):                         "cannot be read (file name too long)",
		"HUSH\x01HUSHHUSH":                                       "does not exist",
	}
	if os.Geteuid() != 0 { // root can read every file
		cases[write("closed", "x", 0o000)] = "a file that this process may not read"
	}
	for path, want := range cases {
		vendortest.Setenv(t, "TEST_", map[string]string{"TEST_CLIENT_SECRET_FILE": path})
		env := vendorconfig.Environ{Checks: vendorconfig.Checks{Vendor: "test"}}
		env.Secret(t.Context(), vendorconfig.Field{Name: "ClientSecret", Env: "TEST_CLIENT_SECRET"})
		err := env.Err(func(*vendorconfig.Checks) {})
		vendortest.WantFields(t, err, "test", []string{"ClientSecret TEST_CLIENT_SECRET_FILE"}, path)
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		vendortest.NoLeak(t, "error", err, "HUSHHUSH")
	}
}
