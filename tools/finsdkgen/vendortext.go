package main

const vendorText = `{{.Notice}}
package {{.Package}}

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"{{.Module}}/auth"
	{{.Package_}} "{{.Module}}/{{.GenPath}}"
	"{{.Module}}/internal/origin"
	"{{.Module}}/internal/tokenendpoint"
	"{{.Module}}/internal/vendorconfig"
)

const vendor = "{{.Name}}"
{{if not (.Has "help")}}
// help is empty: this vendor has no entries on the troubleshooting page.
const help = ""
{{end}}
var (
{{range .Config.Fields}}{{if ne .Type "auth.SecretSource"}}	field{{.Name}} = vendorconfig.Field{Name: "{{.Name}}", Env: "{{.Env}}"}
{{end}}{{end}})

// fields are the fields of Config, in its order.
var fields = []vendorconfig.Field{ {{range .Config.Fields}}{{if ne .Type "auth.SecretSource"}}field{{.Name}}, {{end}}{{end}} }
{{range .Config.Fields}}{{if and .Default (eq .Type "string")}}
// Default{{.Name}} is the default of Config's {{.Name}}.
const Default{{.Name}} = "{{.Default}}"
{{end}}{{end}}
{{- if .Environments}}
// Environment names one of the vendor's environments, which differ in their hosts.
type Environment string

// The environments.{{if .EnvField}} {{(index .Environments 0).Name}} is the default.{{end}}
const (
{{range .Environments}}	{{.Name}} Environment = "{{.Value}}"
{{end}})

// AuthURL returns the base of the environment's authorization server, or "".
func (e Environment) AuthURL() string {
	switch e {
{{range .Environments}}{{if .AuthURL}}	case {{.Name}}:
		return {{$.Package_}}.{{.AuthURL}}
{{end}}{{end}}	}
	return ""
}

{{if .Products}}
// Product names one of the vendor's products, which have APIs and clients of their own.
type Product string

// The products. {{(index .Products 0).Name}} is the default.
const (
{{range .Products}}{{with .Title}}	// {{.}}.
{{end}}	{{.Name}} Product = "{{.Value}}"
{{end}})

// APIURL returns the base of the product's API in an environment, or "" if the vendor gives it at
// onboarding.
func (p Product) APIURL(e Environment) string {
	switch {
{{range .Hosts}}	case p == {{.Product}} && e == {{.Environment}}:
		return {{$.Package_}}.{{.Name}}
{{end}}	}
	return ""
}
{{else}}
// APIURL returns the base of the environment's API, or "" if the vendor gives it at onboarding.
func (e Environment) APIURL() string {
	switch e {
{{range .Environments}}{{if .APIURL}}	case {{.Name}}:
		return {{$.Package_}}.{{.APIURL}}
{{end}}{{end}}	}
	return ""
}
{{end}}{{end}}
// Validate returns nil, or one auth.ErrInvalidConfig that wraps an auth.FieldError for each problem
// of c. It sends no request. NewGrant and NewTokenSource call it.
func (c Config) Validate() error {
	_, err := c.settle()
	return err
}

{{comment .EnvDoc}}func ConfigFromEnv() (Config, error) {
	env := vendorconfig.Environ{Checks: vendorconfig.Checks{Vendor: vendor, Help: help, Fields: fields}}
	c := Config{
{{range .FromEnv}}		{{.Name}}: {{if or (eq .Type "Environment") (eq .Type "Product")}}{{.Type}}(strings.ToLower(env.Text(field{{.Name}}))){{else}}env.Text(field{{.Name}}){{end}},
{{end}}	}
{{if .HasSecret}}	c.{{.Secret.Name}}, c.SecretSource = env.Secret(context.Background(), field{{.Secret.Name}})
{{end}}	if err := env.Err(func(checks *vendorconfig.Checks) { c.checked(checks) }); err != nil {
		return Config{}, err
	}
	return c, nil
}

// APIBaseURL returns the base URL for a client of the API, without a slash at the end: APIURL or its
// default{{if .NoAPIURL}}, or "" if there is neither{{end}}.
func (c Config) APIBaseURL() string {
	return strings.TrimSuffix(c.checked(&vendorconfig.Checks{Vendor: vendor, Help: help, Fields: fields}).apiURL.String(), "/")
}

// Format prints the fields, without their secrets, for every verb.
func (c Config) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "{{.Package}}.Config"{{range .Config.Fields}}, "{{.Name}}", {{if eq .Type "auth.SecretSource"}}c.{{.Name}} != nil{{else if or (eq .Type "Environment") (eq .Type "Product")}}string(c.{{.Name}}){{else}}c.{{.Name}}{{end}}{{end}})
}

// settled is a Config after its checks, with its defaults filled in.
type settled struct {
	Config
{{if .HasSecret}}	secret auth.SecretSource
{{end}}{{if .Environments}}	environment Environment
{{end}}{{if .Products}}	product Product
{{end}}	authURL, apiURL origin.Base // apiURL may be zero
}

func (c Config) settle() (*settled, error) {
	checks := vendorconfig.Checks{Vendor: vendor, Help: help, Fields: fields}
	s := c.checked(&checks)
	return s, checks.Err("check the configuration")
}

func (c Config) checked(checks *vendorconfig.Checks) *settled {
	s := &settled{Config: c}
{{if .Products}}	s.product = c.Product
	if s.product == "" {
		s.product = {{(index .Products 0).Name}}
	}
	switch s.product {
{{range .Products}}	case {{.Name}}:
{{range $.Fields .}}		s.{{.Name}} = vendorconfig.Or(s.{{.Name}}, {{printf "%q" .Value}})
{{end}}{{end}}	default:
		checks.Fail(fieldProduct, "{{.Quoted (len .Products)}}"{{range .Products}}, string({{.Name}}){{end}})
	}
{{end}}{{range .Config.Fields}}{{if and .Default (eq .Type "string")}}	if strings.TrimSpace(s.{{.Name}}) == "" {
		s.{{.Name}} = Default{{.Name}}
	}
{{end}}{{if .Segment}}	checks.Segment(field{{.Name}}, s.{{.Name}})
{{else if .Required}}	checks.Text(field{{.Name}}, s.{{.Name}})
{{else if and (eq .Type "string") (ne .Name "AuthURL") (ne .Name "APIURL")}}	if strings.TrimSpace(s.{{.Name}}) == "" {
		s.{{.Name}} = ""
	} else {
		checks.Text(field{{.Name}}, s.{{.Name}})
	}
{{else if .Type | eq "auth.Secret"}}	s.secret = checks.Secret(field{{.Name}}, c.{{.Name}}, c.SecretSource)
{{if (index $.Grants 0).JSON}}	checks.UTF8(field{{.Name}}, c.{{.Name}})
{{end}}{{end}}{{end}}
{{- if .Environments}}{{if .EnvField}}	s.environment = c.Environment
	if s.environment == "" {
		s.environment = {{(index .Environments 0).Name}}
	}
	switch s.environment {
	case {{range $i, $e := .Environments}}{{if $i}}, {{end}}{{$e.Name}}{{end}}:
	default:
		checks.Fail(fieldEnvironment, "{{.Quoted (len .Environments)}}"{{range .Environments}}, string({{.Name}}){{end}})
	}
{{else}}	s.environment = c.Environment()
{{end}}{{end}}	s.authURL = checks.AuthBase(fieldAuthURL, c.AuthURL, {{if .Environments}}s.environment.AuthURL(){{else}}{{.Package_}}.{{.Default.AuthURL}}{{end}}, "{{.TokenPath}}")
	s.apiURL = checks.Base(fieldAPIURL, c.APIURL, {{if .Products}}s.product.APIURL(s.environment){{else if .Environments}}s.environment.APIURL(){{else if .Default.APIURL}}{{.Package_}}.{{.Default.APIURL}}{{else}}""{{end}})
{{if .Has "settled.check"}}	s.check(checks)
{{end}}{{if .HasSecret}}	s.{{.Secret.Name}}, s.SecretSource = *new(auth.Secret), nil // printers cannot reach s.secret
{{end}}	return s
}

// Grant requests tokens from the token endpoint, for a token source. It keeps no token, and is safe
// for use by several goroutines. Services use [NewTokenSource] instead.
type Grant struct {
	settings *settled
	endpoint *http.Request // a token request without its body
{{if .Has "state"}}	state
{{end}}}

var _ auth.Grant = (*Grant)(nil)

// NewGrant validates c and returns a Grant for it. It sends no request.
func NewGrant(c Config) (*Grant, error) {
	s, err := c.settle()
	if err != nil {
		return nil, err
	}
{{if or .PathFields (index .Grants 0).Params}}	c = s.Config
{{end}}	endpoint, err := {{.Package_}}.New{{.Operation}}RequestWithBody(s.authURL.String(), {{range .PathFields}}{{.}}, {{end}}{{with (index .Grants 0).Params}}{{.}}, {{end}}{{if (index .Grants 0).JSON}}"application/json"{{else}}tokenendpoint.FormType{{end}}, nil)
	if err != nil {
		return nil, err
	}
	tokenendpoint.SetHeader(endpoint)
	return &Grant{settings: s, endpoint: endpoint}, nil
}
{{range .Grants}}
{{comment (print .Doc " Every call is one request: use a token source where more than one token is wanted. The http.Client is the one that ctx holds under the key oauth2.HTTPClient, as far as it is safe for secrets (see auth.HTTPClient). Errors are [*auth.Error].")}}func (g *Grant) {{.Method}}(ctx context.Context{{if .Refresh}}, refreshToken auth.Secret{{end}}) (*Token, error) {
	t, err := g.request{{.Method}}(ctx{{if .Refresh}}, refreshToken{{end}})
	if err != nil {
		return nil, err
	}
	return new(TokenOf(t)), nil
}
{{end}}{{if not (.Has "Grant.RequestToken")}}
// RequestToken implements [auth.Grant]. There is no refresh token, so it ignores last.
func (g *Grant) RequestToken(ctx context.Context, _ *oauth2.Token) (*oauth2.Token, error) {
	return g.request{{(index .Grants 0).Method}}(ctx)
}
{{end}}{{range .Grants}}
func (g *Grant) request{{.Method}}(ctx context.Context{{if .Refresh}}, refreshToken auth.Secret{{end}}) (*oauth2.Token, error) {
	s := g.settings
{{if or $.Basic .UsesConfig}}	c := s.Config
{{end}}	x := &tokenendpoint.Exchange{Vendor: vendor, Help: help, Op: "{{.Grant}} grant", Known: s.known(), Members: members{{if $.Has "open"}}, Open: open{{end}}{{if $.Has "fault"}}, Fault: fault{{end}}{{if .Explain}}, Explain: {{.Explain}}{{end}}{{if .Scope}}, Scope: {{.Scope}}{{end}}{{if .Refresh}}, Secrets: []auth.Secret{refreshToken}{{end}}}
{{if .Refresh}}	if strings.TrimSpace(refreshToken.Reveal()) == "" {
		return nil, x.BadField(vendorconfig.Field{Name: "refreshToken"}, "is missing")
	}
{{end}}{{if .Secret}}	secret, err := x.UseSecret(ctx, field{{$.Secret.Name}}, s.secret)
	if err != nil {
		return nil, err
	}
{{if .JSON}}	if !utf8.ValidString(secret) {
		return nil, x.BadField(field{{$.Secret.Name}}, vendorconfig.NotUTF8)
	}
{{end}}{{end}}	{{if .JSON}}body, err := {{$.Package_}}.{{.Model}}{
{{.Call}}}.JSON()
	if err != nil {
		return nil, err
	}
{{else}}body := {{$.Package_}}.{{.Model}}{
{{.Call}}}.Form()
{{end}}	{{if .Refresh}}t, err :={{else}}return{{end}} x.Send(ctx, g.endpoint, {{if .JSON}}"application/json"{{else}}tokenendpoint.FormType{{end}}, {{if .JSON}}string(body){{else}}body{{end}}{{if $.Basic}}, tokenendpoint.Basic({{$.Basic}}, secret){{end}})
{{if .Refresh}}	if err == nil && t.RefreshToken == "" {
		t.RefreshToken = refreshToken.Reveal()
	}
	return t, err
{{end}}}
{{end}}
// known returns the words that errors may show.
func (s *settled) known() []string {
	return []string{ {{- range .Texts}}s.{{.Name}}, {{end}}s.authURL.String(), s.apiURL.String()}
}

// Format prints the Grant's settings, without the secret, for every verb.
func (g *Grant) Format(f fmt.State, _ rune) {
	s, c := g.settings, g.settings.Config
	vendorconfig.Format(f, "{{.Package}}.Grant"{{range .Shown}}, "{{.Name}}", c.{{.Name}}{{end}}, "AuthURL", s.authURL.String())
}

// NewTokenSource validates c and returns a token source for it. The source requests no token before
// the first call. Its tokens go only to the host of c.APIURL{{if .Products}}, or of the product's API in the environment,{{else if .Environments}}, or of the environment's API,{{else if .Default.APIURL}}, by default the vendor's,{{end}}
// and to the hosts that auth.WithAPIHosts adds{{if .NoAPIURL}}; without any of these, to none{{end}}.
func NewTokenSource(c Config, opts ...auth.Option) (*auth.TokenSource, error) {
	g, err := NewGrant(c)
	if err != nil {
		return nil, err
	}
	known := g.site().Settle()
{{if .Has "settled.addTo"}}	g.settings.addTo(&known)
{{end}}	return auth.NewTokenSource(g, append([]auth.Option{auth.WithSite(known)}, opts...)...)
}

func (g *Grant) site() *vendorconfig.Site {
	s, c := g.settings, g.settings.Config
	return &vendorconfig.Site{
		Vendor:   vendor,
		Help:     help,
		Auth:     s.authURL,
		Endpoint: g.endpoint.URL,
		API:      s.apiURL,
		APIHint:  "set APIURL (" + fieldAPIURL.Env + "){{if .NoAPIURL}} to the API's base, which {{js .Title}} gives at onboarding, or name its host with auth.WithAPIHosts{{end}}",
		Identity: []string{ {{join .Identity ", "}} },
		Secret:   s.secret,
		Extras:   tokenendpoint.Names(members),
	}
}
`
