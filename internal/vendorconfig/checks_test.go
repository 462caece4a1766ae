package vendorconfig_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
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
			checks := vendorconfig.Checks{Vendor: "test"}
			ok := checks.Text(vendorconfig.Field{Name: "ClientID", Env: "TEST_CLIENT_ID"}, value)
			err := checks.Err("check")
			if ok || err == nil || !strings.Contains(err.Error(), "ClientID (TEST_CLIENT_ID) has an invisible character in it") || strings.Contains(err.Error(), "cli") {
				t.Errorf("got %v, %v", ok, err)
			}
		})
	}
	for _, value := range []string{"client", "größe", "顧客", "anna@bank.example", "a b", "naïve-😀", "é"} {
		checks := vendorconfig.Checks{Vendor: "test"}
		if !checks.Text(vendorconfig.Field{Name: "ClientID"}, value) {
			t.Errorf("%q: %v", value, checks.Err("check"))
		}
	}
}

func TestSecret_refusesWhatAnEncoderWrote(t *testing.T) {
	field := vendorconfig.Field{Name: "ClientSecret", Env: "TEST_CLIENT_SECRET"}
	secret := auth.NewSecret("geheim")
	text, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	var encoded auth.Secret
	if err := json.Unmarshal(text, &encoded); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		value  auth.Secret
		source auth.SecretSource
		want   string // "" where the secret is sound
	}{
		"given":          {secret, nil, ""},
		"from a source":  {auth.Secret{}, auth.StaticSecret(secret), ""},
		"missing":        {auth.Secret{}, nil, "is missing"},
		"blank":          {auth.NewSecret(" \n"), nil, "is missing"},
		"given twice":    {secret, auth.StaticSecret(secret), "are both set"},
		"out of JSON":    {encoded, nil, `is "[redacted]", which an encoder writes in place of a secret`},
		"with a newline": {auth.NewSecret("[redacted]\n"), nil, `is "[redacted]"`},
		"much like it":   {auth.NewSecret("[redacted]x"), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			checks := vendorconfig.Checks{Vendor: "test"}
			source := checks.Secret(field, c.value, c.source)
			err := checks.Err("check the configuration")
			if c.want == "" {
				if err != nil || source == nil {
					t.Errorf("got %v, %v", source != nil, err)
				}
				return
			}
			vendortest.WantFields(t, err, "test", []string{"ClientSecret TEST_CLIENT_SECRET"}, "geheim")
			vendortest.WantText(t, err.Error(), c.want)
		})
	}
}
