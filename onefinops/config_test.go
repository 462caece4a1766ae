package onefinops

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func complete() Config {
	return Config{ClientID: "ofin_live_abc", ClientSecret: auth.NewSecret("geheim")}
}

func TestBehaviour25EachMissingFieldIsNamed(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"nothing", func(*Config) {}, nil},
		{"client id", func(c *Config) { c.ClientID = "" }, []string{"ClientID ONEFINOPS_CLIENT_ID"}},
		{"blank client id", func(c *Config) { c.ClientID = " \t" }, []string{"ClientID ONEFINOPS_CLIENT_ID"}},
		{"secret", func(c *Config) { c.ClientSecret = auth.Secret{} }, []string{"ClientSecret ONEFINOPS_CLIENT_SECRET"}},
		{"blank secret", func(c *Config) { c.ClientSecret = auth.NewSecret(" \n") }, []string{"ClientSecret ONEFINOPS_CLIENT_SECRET"}},
		{"both", func(c *Config) { *c = Config{} }, []string{"ClientID ONEFINOPS_CLIENT_ID", "ClientSecret ONEFINOPS_CLIENT_SECRET"}},
		{"secret twice", func(c *Config) { c.SecretSource = auth.StaticSecret(auth.NewSecret("x")) }, []string{"ClientSecret ONEFINOPS_CLIENT_SECRET"}},
		{"secret from a source", func(c *Config) {
			c.ClientSecret, c.SecretSource = auth.Secret{}, auth.StaticSecret(auth.NewSecret("x"))
		}, nil},
		{"control character", func(c *Config) { c.ClientID = "ofin_live_a\nb" }, []string{"ClientID ONEFINOPS_CLIENT_ID"}},
		{"white space around", func(c *Config) { c.ClientID = "ofin_live_a " }, []string{"ClientID ONEFINOPS_CLIENT_ID"}},
		{"invalid UTF-8", func(c *Config) { c.ClientID = "ofin_live_\xff" }, []string{"ClientID ONEFINOPS_CLIENT_ID"}},
		{"secret as client id", func(c *Config) { c.ClientID = "geheim-s3cret" }, []string{"ClientID ONEFINOPS_CLIENT_ID"}},
		{"prefix alone", func(c *Config) { c.ClientID = "ofin_live_" }, []string{"ClientID ONEFINOPS_CLIENT_ID"}},
		{"prefix in capitals", func(c *Config) { c.ClientID = "OFIN_LIVE_a" }, []string{"ClientID ONEFINOPS_CLIENT_ID"}},
		{"unknown prefix", func(c *Config) { c.ClientID = "ofin_stage_a" }, []string{"ClientID ONEFINOPS_CLIENT_ID"}},
		{"sandbox API with a live client", func(c *Config) { c.APIURL = "https://sandbox-api.in.onefinops.com" }, []string{"APIURL ONEFINOPS_API_URL"}},
		{"the same in capitals", func(c *Config) { c.APIURL = "https://SANDBOX-API.in.onefinops.com.:443/v1" }, []string{"APIURL ONEFINOPS_API_URL"}},
		{"production API with a test client", func(c *Config) { c.ClientID, c.APIURL = "ofin_test_a", "https://api.in.onefinops.com/" }, []string{"APIURL ONEFINOPS_API_URL"}},
		{"token endpoint as AuthURL", func(c *Config) {
			c.AuthURL = "https://login.onefinops.com/realms/onefinops/protocol/openid-connect/token"
		}, []string{"AuthURL ONEFINOPS_AUTH_URL"}},
		{"everything", func(c *Config) { *c = Config{ClientID: "x", AuthURL: "y", APIURL: "z"} }, []string{
			"ClientID ONEFINOPS_CLIENT_ID", "ClientSecret ONEFINOPS_CLIENT_SECRET", "AuthURL ONEFINOPS_AUTH_URL", "APIURL ONEFINOPS_API_URL"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := complete()
			tt.change(&c)
			_, sourceErr := NewTokenSource(c)
			_, grantErr := NewGrant(c)
			for _, err := range []error{c.Validate(), grantErr, sourceErr} {
				if tt.want == nil {
					if err != nil {
						t.Error(err)
					}
					continue
				}
				vendortest.WantFields(t, err, "onefinops", tt.want, c.ClientSecret.Reveal(), c.ClientID)
			}
		})
	}
}

func TestBadBaseURLsAreRefused(t *testing.T) {
	for name, bad := range vendortest.BadBaseURLs {
		t.Run(name, func(t *testing.T) {
			c := complete()
			c.AuthURL, c.APIURL = bad, bad
			vendortest.WantFields(t, c.Validate(), "onefinops", []string{"AuthURL ONEFINOPS_AUTH_URL", "APIURL ONEFINOPS_API_URL"}, bad, "hunter2")
		})
	}
}

func TestBehaviour26GoodBaseURLsAreTaken(t *testing.T) {
	for _, good := range vendortest.GoodBaseURLs {
		c := complete()
		c.AuthURL, c.APIURL = good, good
		if _, err := NewTokenSource(c); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

func TestEnvironmentFollowsFromThePrefix(t *testing.T) {
	for id, want := range map[string]Environment{"ofin_live_a": Production, "ofin_test_a": Sandbox, "ofin_live_": "", "live": "", "": ""} {
		if got := (Config{ClientID: id}).Environment(); got != want {
			t.Errorf("%q: %q, want %q", id, got, want)
		}
	}
	if Production.APIURL() != "https://api.in.onefinops.com" || Sandbox.APIURL() != "https://sandbox-api.in.onefinops.com" || Environment("x").APIURL() != "" {
		t.Error("the environments' hosts are not the documented ones")
	}
}

func TestConfigFromEnv(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		env  map[string]string
		want []string // problems; nil: none
	}{
		{"all", map[string]string{"ONEFINOPS_CLIENT_ID": "ofin_test_a", "ONEFINOPS_CLIENT_SECRET": " s ", "ONEFINOPS_AUTH_URL": "https://a.example", "ONEFINOPS_API_URL": "https://b.example"}, nil},
		{"file", map[string]string{"ONEFINOPS_CLIENT_ID": "ofin_test_a", "ONEFINOPS_CLIENT_SECRET_FILE": file}, nil},
		{"nothing", nil, []string{"ClientID ONEFINOPS_CLIENT_ID", "ClientSecret ONEFINOPS_CLIENT_SECRET"}},
		{"blank", map[string]string{"ONEFINOPS_CLIENT_ID": " ", "ONEFINOPS_CLIENT_SECRET": " ", "ONEFINOPS_CLIENT_SECRET_FILE": " ", "ONEFINOPS_AUTH_URL": " "},
			[]string{"ClientID ONEFINOPS_CLIENT_ID", "ClientSecret ONEFINOPS_CLIENT_SECRET"}},
		{"secret and file", map[string]string{"ONEFINOPS_CLIENT_ID": "ofin_test_a", "ONEFINOPS_CLIENT_SECRET": "s3cret-value", "ONEFINOPS_CLIENT_SECRET_FILE": file},
			[]string{"ClientSecret ONEFINOPS_CLIENT_SECRET"}},
		{"no such file", map[string]string{"ONEFINOPS_CLIENT_ID": "ofin_test_a", "ONEFINOPS_CLIENT_SECRET_FILE": file + "x"},
			[]string{"ClientSecret ONEFINOPS_CLIENT_SECRET_FILE"}},
		{"file and prefix wrong", map[string]string{"ONEFINOPS_CLIENT_ID": "a", "ONEFINOPS_CLIENT_SECRET_FILE": t.TempDir()},
			[]string{"ClientID ONEFINOPS_CLIENT_ID", "ClientSecret ONEFINOPS_CLIENT_SECRET_FILE"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			vendortest.Setenv(t, "ONEFINOPS_", tt.env)
			c, err := ConfigFromEnv()
			if tt.want != nil {
				vendortest.WantFields(t, err, "onefinops", tt.want, tt.env["ONEFINOPS_CLIENT_SECRET"])
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.ClientID != "ofin_test_a" || c.AuthURL != tt.env["ONEFINOPS_AUTH_URL"] || c.APIURL != tt.env["ONEFINOPS_API_URL"] {
				t.Errorf("got %+v", c)
			}
			if c.ClientSecret.Reveal() != tt.env["ONEFINOPS_CLIENT_SECRET"] || (c.SecretSource != nil) != (tt.name == "file") {
				t.Errorf("secret %q, source %t", c.ClientSecret.Reveal(), c.SecretSource != nil)
			}
			if c.SecretSource != nil {
				if s, err := c.SecretSource(t.Context()); err != nil || s.Reveal() != "from a file" {
					t.Errorf("the file gave %q, %v", s.Reveal(), err)
				}
			}
		})
	}
}

func TestAPIBaseURLIsTheConfiguredOneOrTheDefault(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{ClientID: "ofin_live_a"}, "https://api.in.onefinops.com"},
		{Config{ClientID: "ofin_test_a"}, "https://sandbox-api.in.onefinops.com"},
		{Config{ClientID: "other"}, ""},
		{Config{APIURL: "http://127.0.0.1:8080/"}, "http://127.0.0.1:8080"},
	} {
		if got := c.config.APIBaseURL(); got != c.want {
			t.Errorf("%v: got %q, want %q", c.config, got, c.want)
		}
	}
}
