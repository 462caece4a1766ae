package fincalc

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func complete() Config {
	return Config{ClientID: "12345", ClientSecret: auth.NewSecret("geheim"), Scope: "fact-find", EmailAddress: "hello@example.com"}
}

func TestBehaviour25EachMissingFieldIsNamed(t *testing.T) {
	id, secret := []string{"ClientID FINCALC_CLIENT_ID"}, []string{"ClientSecret FINCALC_CLIENT_SECRET"}
	scope, address := []string{"Scope FINCALC_SCOPE"}, []string{"EmailAddress FINCALC_EMAIL_ADDRESS"}
	tests := []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"nothing", func(*Config) {}, nil},
		{"client id", func(c *Config) { c.ClientID = "" }, id},
		{"blank client id", func(c *Config) { c.ClientID = " \t" }, id},
		{"secret", func(c *Config) { c.ClientSecret = auth.Secret{} }, secret},
		{"blank secret", func(c *Config) { c.ClientSecret = auth.NewSecret(" \n") }, secret},
		{"secret twice", func(c *Config) { c.SecretSource = auth.StaticSecret(auth.NewSecret("x")) }, secret},
		{"secret from a source", func(c *Config) {
			c.ClientSecret, c.SecretSource = auth.Secret{}, auth.StaticSecret(auth.NewSecret("x"))
		}, nil},
		{"secret that JSON cannot carry", func(c *Config) { c.ClientSecret = auth.NewSecret("a\xff") }, secret},
		{"scope", func(c *Config) { c.Scope = "" }, scope},
		{"blank scope", func(c *Config) { c.Scope = "  " }, scope},
		{"scope with a line break", func(c *Config) { c.Scope = "a\nb" }, scope},
		{"address", func(c *Config) { c.EmailAddress = "" }, address},
		{"blank address", func(c *Config) { c.EmailAddress = " " }, address},
		{"address without @", func(c *Config) { c.EmailAddress = "hello.example.com" }, address},
		{"address with two @", func(c *Config) { c.EmailAddress = "a@b@example.com" }, address},
		{"address without user", func(c *Config) { c.EmailAddress = "@example.com" }, address},
		{"address without host", func(c *Config) { c.EmailAddress = "hello@" }, address},
		{"address with a space", func(c *Config) { c.EmailAddress = "hello you@example.com" }, address},
		{"address with a control character", func(c *Config) { c.EmailAddress = "hello\x00@example.com" }, address},
		{"token endpoint as AuthURL", func(c *Config) { c.AuthURL = "https://api.fincalc.co.uk/api/oauth/token" }, []string{"AuthURL FINCALC_AUTH_URL"}},
		{"everything", func(c *Config) { *c = Config{AuthURL: "x", APIURL: "y"} }, []string{"ClientID FINCALC_CLIENT_ID", "ClientSecret FINCALC_CLIENT_SECRET",
			"Scope FINCALC_SCOPE", "EmailAddress FINCALC_EMAIL_ADDRESS", "AuthURL FINCALC_AUTH_URL", "APIURL FINCALC_API_URL"}},
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
				vendortest.WantFields(t, err, "fincalc", tt.want, c.ClientSecret.Reveal(), c.ClientID, c.EmailAddress)
			}
		})
	}
}

func TestBadBaseURLsAreRefused(t *testing.T) {
	for name, bad := range vendortest.BadBaseURLs {
		t.Run(name, func(t *testing.T) {
			c := complete()
			c.AuthURL, c.APIURL = bad, bad
			vendortest.WantFields(t, c.Validate(), "fincalc", []string{"AuthURL FINCALC_AUTH_URL", "APIURL FINCALC_API_URL"}, bad, "hunter2")
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

func TestConfigFromEnv(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := map[string]string{"CLIENT_ID": "12345", "SCOPE": "fact-find client-information", "EMAIL_ADDRESS": "a@b.example"}
	tests := []struct {
		name string
		env  map[string]string
		errs []string
	}{
		{"all", map[string]string{"CLIENT_SECRET": "s", "AUTH_URL": "https://a.example", "API_URL": "https://b.example"}, nil},
		{"file", map[string]string{"CLIENT_SECRET_FILE": file}, nil},
		{"no secret", nil, []string{"ClientSecret FINCALC_CLIENT_SECRET"}},
		{"no scope", map[string]string{"CLIENT_SECRET": "s", "SCOPE": ""}, []string{"Scope FINCALC_SCOPE"}},
		{"no address", map[string]string{"CLIENT_SECRET": "s", "EMAIL_ADDRESS": ""}, []string{"EmailAddress FINCALC_EMAIL_ADDRESS"}},
		{"no client id", map[string]string{"CLIENT_SECRET": "s", "CLIENT_ID": ""}, []string{"ClientID FINCALC_CLIENT_ID"}},
		{"secret and file", map[string]string{"CLIENT_SECRET": "s3cret-value", "CLIENT_SECRET_FILE": file}, []string{"ClientSecret FINCALC_CLIENT_SECRET"}},
		{"no such file", map[string]string{"CLIENT_SECRET_FILE": file + "x"}, []string{"ClientSecret FINCALC_CLIENT_SECRET_FILE"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{}
			for _, part := range []map[string]string{base, tt.env} {
				for name, value := range part {
					env["FINCALC_"+name] = value
				}
			}
			vendortest.Setenv(t, "FINCALC_", env)
			c, err := ConfigFromEnv()
			if tt.errs != nil {
				vendortest.WantFields(t, err, "fincalc", tt.errs, tt.env["CLIENT_SECRET"])
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.ClientID != "12345" || c.Scope != base["SCOPE"] || c.EmailAddress != "a@b.example" || c.ClientSecret.Reveal() != tt.env["CLIENT_SECRET"] ||
				c.AuthURL != tt.env["AUTH_URL"] || c.APIURL != tt.env["API_URL"] || (c.SecretSource != nil) != (tt.name == "file") {
				t.Errorf("got %v", c)
			}
		})
	}
}

func TestAPIBaseURLIsTheConfiguredOneOrTheDefault(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{}, "https://api.fincalc.co.uk"},
		{Config{APIURL: "https://gw.test/calc/"}, "https://gw.test/calc"},
	} {
		if got := c.config.APIBaseURL(); got != c.want {
			t.Errorf("%v: got %q, want %q", c.config, got, c.want)
		}
	}
}
