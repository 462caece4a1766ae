package finapi

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func complete() Config {
	return Config{Mandator: "customer", Username: "jo", Password: auth.NewSecret("geheim")}
}

func TestBehaviour25EachMissingFieldIsNamed(t *testing.T) {
	mandator, username, password := []string{"Mandator FINAPI_MANDATOR"}, []string{"Username FINAPI_USERNAME"}, []string{"Password FINAPI_PASSWORD"}
	tests := []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"nothing", func(*Config) {}, nil},
		{"mandator", func(c *Config) { c.Mandator = "" }, mandator},
		{"blank mandator", func(c *Config) { c.Mandator = " " }, mandator},
		{"username", func(c *Config) { c.Username = "" }, username},
		{"blank username", func(c *Config) { c.Username = "\t" }, username},
		{"username with a control character", func(c *Config) { c.Username = "a\rb" }, username},
		{"password", func(c *Config) { c.Password = auth.Secret{} }, password},
		{"blank password", func(c *Config) { c.Password = auth.NewSecret(" \n") }, password},
		{"password twice", func(c *Config) { c.SecretSource = auth.StaticSecret(auth.NewSecret("x")) }, password},
		{"password from a source", func(c *Config) { c.Password, c.SecretSource = auth.Secret{}, auth.StaticSecret(auth.NewSecret("x")) }, nil},
		{"token endpoint as AuthURL", func(c *Config) {
			c.AuthURL = "https://keycloak-finapi-general-live.finapi.io/realms/customer/protocol/openid-connect/token"
		}, []string{"AuthURL FINAPI_AUTH_URL"}},
		{"everything", func(c *Config) { *c = Config{AuthURL: "x", APIURL: "y"} }, []string{"Mandator FINAPI_MANDATOR", "Username FINAPI_USERNAME",
			"Password FINAPI_PASSWORD", "AuthURL FINAPI_AUTH_URL", "APIURL FINAPI_API_URL"}},
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
				vendortest.WantFields(t, err, "finapi", tt.want, c.Password.Reveal())
			}
		})
	}
}

func TestMandatorsThatLeadElsewhereAreRefused(t *testing.T) {
	for _, mandator := range vendortest.BadSegments {
		c := complete()
		c.Mandator = mandator
		vendortest.WantFields(t, c.Validate(), "finapi", []string{"Mandator FINAPI_MANDATOR"})
	}
}

func TestBadBaseURLsAreRefused(t *testing.T) {
	for name, bad := range vendortest.BadBaseURLs {
		t.Run(name, func(t *testing.T) {
			c := complete()
			c.AuthURL, c.APIURL = bad, bad
			vendortest.WantFields(t, c.Validate(), "finapi", []string{"AuthURL FINAPI_AUTH_URL", "APIURL FINAPI_API_URL"}, bad, "hunter2")
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
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		env  map[string]string
		errs []string
	}{
		{"all", map[string]string{"PASSWORD": "s", "AUTH_URL": "https://a.example", "API_URL": "https://b.example"}, nil},
		{"file", map[string]string{"PASSWORD_FILE": file}, nil},
		{"no password", nil, []string{"Password FINAPI_PASSWORD"}},
		{"no mandator", map[string]string{"PASSWORD": "s", "MANDATOR": " "}, []string{"Mandator FINAPI_MANDATOR"}},
		{"no username", map[string]string{"PASSWORD": "s", "USERNAME": ""}, []string{"Username FINAPI_USERNAME"}},
		{"password and file", map[string]string{"PASSWORD": "s3cret-value", "PASSWORD_FILE": file}, []string{"Password FINAPI_PASSWORD"}},
		{"no such file", map[string]string{"PASSWORD_FILE": file + "x"}, []string{"Password FINAPI_PASSWORD_FILE"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{}
			for _, part := range []map[string]string{{"MANDATOR": "customer", "USERNAME": "jo"}, tt.env} {
				for name, value := range part {
					env["FINAPI_"+name] = value
				}
			}
			vendortest.Setenv(t, "FINAPI_", env)
			c, err := ConfigFromEnv()
			if tt.errs != nil {
				vendortest.WantFields(t, err, "finapi", tt.errs, tt.env["PASSWORD"])
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.Mandator != "customer" || c.Username != "jo" || c.Password.Reveal() != tt.env["PASSWORD"] ||
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
		{Config{}, ""},
		{Config{APIURL: "https://gw.test/bank/"}, "https://gw.test/bank"},
	} {
		if got := c.config.APIBaseURL(); got != c.want {
			t.Errorf("%v: got %q, want %q", c.config, got, c.want)
		}
	}
}
