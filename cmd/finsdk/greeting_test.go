package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

func TestEnvironmentIsOfTheClientsThatThereAre(t *testing.T) {
	vendors := sandbox.New(sandbox.WithClient(sandbox.OneFinOps, sandbox.Client{ID: "ofin_live_only", Secret: auth.NewSecret("s3cr3t")}),
		sandbox.WithClient(sandbox.Finventi, sandbox.Client{ID: "one", Secret: auth.NewSecret("s3cr3t"), Realm: "tenant-1"}))
	text := strings.Join(environment(vendors, "https://vendors.example"), "\n")
	for _, line := range []string{"export ONEFINOPS_CLIENT_ID=ofin_live_only", "export ONEFINOPS_API_URL=https://vendors.example/onefinops/api", "export FINVENTI_REALM=tenant-1"} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("%q is missing in\n%s", line, text)
		}
	}
	if strings.Contains(text, "ofin_test_") || strings.Contains(text, "''") {
		t.Errorf("there is a client out of nowhere:\n%s", text)
	}
}

func TestQuote(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "''",
		"http://127.0.0.1:8090/a": "http://127.0.0.1:8090/a",
		"two words":               "'two words'",
		"it's":                    `'it'\''s'`,
		"$(reboot)":               "'$(reboot)'",
		"ü":                       "'ü'",
		"~":                       "'~'",
	} {
		if got := quote(text); got != want {
			t.Errorf("quote(%q) is %s, want %s", text, got, want)
		}
		out, err := exec.Command("/bin/sh", "-c", "printf %s "+quote(text)).Output()
		if err != nil || string(out) != text {
			t.Errorf("a shell makes %q of %q: %v", out, text, err)
		}
	}
}
