package finventi

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func complete() Config { return Config{ClientID: "abc", ClientSecret: auth.NewSecret("geheim")} }

func TestBehaviour25EachMissingFieldIsNamed(t *testing.T) {
	id, secret := []string{"ClientID FINVENTI_CLIENT_ID"}, []string{"ClientSecret FINVENTI_CLIENT_SECRET"}
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
		{"control character", func(c *Config) { c.ClientID = "a\x7f" }, id},
		{"environment", func(c *Config) { c.Environment = "staging-secret" }, []string{"Environment FINVENTI_ENVIRONMENT"}},
		{"realm", func(c *Config) { c.Realm = "x/../../admin" }, []string{"Realm FINVENTI_REALM"}},
		{"token endpoint as AuthURL", func(c *Config) {
			c.AuthURL = "https://auth.finventi.com/realms/sti-connector/protocol/openid-connect/token/"
		}, []string{"AuthURL FINVENTI_AUTH_URL"}},
		{"everything", func(c *Config) {
			*c = Config{Environment: "x", Realm: "../..", AuthURL: "ftp://y", APIURL: "http://z.test"}
		}, []string{"ClientID FINVENTI_CLIENT_ID", "ClientSecret FINVENTI_CLIENT_SECRET", "Environment FINVENTI_ENVIRONMENT",
			"Realm FINVENTI_REALM", "AuthURL FINVENTI_AUTH_URL", "APIURL FINVENTI_API_URL"}},
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
				vendortest.WantFields(t, err, "finventi", tt.want, c.ClientSecret.Reveal(), c.ClientID, c.Realm, string(c.Environment))
			}
		})
	}
}

func TestBadBaseURLsAreRefused(t *testing.T) {
	for name, bad := range vendortest.BadBaseURLs {
		t.Run(name, func(t *testing.T) {
			c := complete()
			c.AuthURL, c.APIURL = bad, bad
			vendortest.WantFields(t, c.Validate(), "finventi", []string{"AuthURL FINVENTI_AUTH_URL", "APIURL FINVENTI_API_URL"}, bad, "hunter2")
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

func TestRealmsThatLeadElsewhereAreRefused(t *testing.T) {
	for _, realm := range vendortest.BadSegments {
		c := complete()
		c.Realm = realm
		vendortest.WantFields(t, c.Validate(), "finventi", []string{"Realm FINVENTI_REALM"})
	}
}

func TestConfigFromEnv(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from a file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		env  map[string]string
		want Config
		errs []string
	}{
		{"least", map[string]string{"CLIENT_ID": "a", "CLIENT_SECRET": "s"}, Config{ClientID: "a", ClientSecret: auth.NewSecret("s")}, nil},
		{"all", map[string]string{"CLIENT_ID": "a", "CLIENT_SECRET": "s", "ENVIRONMENT": "Production", "REALM": "r", "AUTH_URL": "https://a.example", "API_URL": "https://b.example"},
			Config{ClientID: "a", ClientSecret: auth.NewSecret("s"), Environment: Production, Realm: "r", AuthURL: "https://a.example", APIURL: "https://b.example"}, nil},
		{"file", map[string]string{"CLIENT_ID": "a", "CLIENT_SECRET_FILE": file}, Config{ClientID: "a"}, nil},
		{"nothing", nil, Config{}, []string{"ClientID FINVENTI_CLIENT_ID", "ClientSecret FINVENTI_CLIENT_SECRET"}},
		{"secret and file", map[string]string{"CLIENT_ID": "a", "CLIENT_SECRET": "s3cret-value", "CLIENT_SECRET_FILE": file}, Config{}, []string{"ClientSecret FINVENTI_CLIENT_SECRET"}},
		{"no such file", map[string]string{"CLIENT_ID": "a", "CLIENT_SECRET_FILE": file + "x"}, Config{}, []string{"ClientSecret FINVENTI_CLIENT_SECRET_FILE"}},
		{"bad realm and environment", map[string]string{"CLIENT_ID": "a", "CLIENT_SECRET": "s", "ENVIRONMENT": "x", "REALM": ".."}, Config{}, []string{"Environment FINVENTI_ENVIRONMENT", "Realm FINVENTI_REALM"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{}
			for name, value := range tt.env {
				env["FINVENTI_"+name] = value
			}
			vendortest.Setenv(t, "FINVENTI_", env)
			c, err := ConfigFromEnv()
			if tt.errs != nil {
				vendortest.WantFields(t, err, "finventi", tt.errs, tt.env["CLIENT_SECRET"])
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			source := c.SecretSource
			c.SecretSource = nil
			if c.ClientID != tt.want.ClientID || !c.ClientSecret.Equal(tt.want.ClientSecret) || c.Environment != tt.want.Environment ||
				c.Realm != tt.want.Realm || c.AuthURL != tt.want.AuthURL || c.APIURL != tt.want.APIURL {
				t.Errorf("got %v, want %v", c, tt.want)
			}
			if (source != nil) != (tt.name == "file") {
				t.Fatalf("source %t", source != nil)
			}
			if source != nil {
				if s, err := source(t.Context()); err != nil || s.Reveal() != "from a file" {
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
		{Config{}, "https://api.vop-sandbox.finventi.com"},
		{Config{Environment: Production}, ""},
		{Config{APIURL: "https://gw.test/rrc/"}, "https://gw.test/rrc"},
	} {
		if got := c.config.APIBaseURL(); got != c.want {
			t.Errorf("%v: got %q, want %q", c.config, got, c.want)
		}
	}
}
