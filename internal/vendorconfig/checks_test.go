package vendorconfig

import (
	"strings"
	"testing"
)

func TestText_refusesInvisibleCharacters(t *testing.T) {
	for name, value := range map[string]string{
		"byte order mark":       "\ufeffclient",
		"zero width space":      "client\u200b",
		"soft hyphen":           "cli\u00adent",
		"right-to-left mark":    "cli\u200fent",
		"line separator":        "cli\u2028ent",
		"Hangul filler":         "client\u3164",
		"tag character":         "client\U000e0041",
		"zero width no-break":   "cli\u2060ent",
		"bidirectional isolate": "\u2066client\u2069",
	} {
		t.Run(name, func(t *testing.T) {
			checks := Checks{Vendor: "test"}
			ok := checks.Text(Field{Name: "ClientID", Env: "TEST_CLIENT_ID"}, value)
			err := checks.Err("check")
			if ok || err == nil || !strings.Contains(err.Error(), "ClientID (TEST_CLIENT_ID) has an invisible character in it") || strings.Contains(err.Error(), "cli") {
				t.Errorf("got %v, %v", ok, err)
			}
		})
	}
	for _, value := range []string{"client", "größe", "顧客", "anna@bank.example", "a b", "naïve-😀", "é"} {
		checks := Checks{Vendor: "test"}
		if !checks.Text(Field{Name: "ClientID"}, value) {
			t.Errorf("%q: %v", value, checks.Err("check"))
		}
	}
}
