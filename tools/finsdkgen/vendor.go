package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

// A grant is one typed call of the token endpoint.
type grant struct {
	request
	Method  string // ClientCredentials
	Doc     string
	Explain string // the vendor's function that explains its failures, or ""
	Refresh bool   // takes a refresh token
	Secret  bool   // sends the secret
	Scope   string // what is asked for, where the document has the answer say nothing of it
	Call    string // of the request's fields
	Params  string // further arguments of the client's call
}

// wiring is what vendor.gen.go is made of.
type wiring struct {
	Notice, Package, Name, Title, Module, GenPath string
	Package_                                      string // of the token endpoint
	Config                                        *handwritten
	Secret                                        configField
	HasSecret                                     bool
	Environments                                  []environment
	Products                                      []product
	EnvField                                      bool
	Default                                       environment // where there is one environment
	Operation                                     string
	TokenPath                                     string
	PathFields                                    []string
	Grants                                        []grant
	Basic                                         string // the field of the client id, with HTTP Basic
	Identity                                      []string
	Shown                                         []configField
	NoAPIURL                                      bool
}

// Texts are the fields that are text and that the request needs.
func (w wiring) Texts() (found []configField) {
	for _, f := range w.Config.Fields {
		if f.Type == "string" && f.Name != "AuthURL" && f.Name != "APIURL" {
			found = append(found, f)
		}
	}
	return found
}

// FromEnv are the fields with a variable of their own.
func (w wiring) FromEnv() (found []configField) {
	for _, f := range w.Config.Fields {
		if f.Type != "auth.SecretSource" && !f.isSecret() {
			found = append(found, f)
		}
	}
	return found
}

// EnvDoc is the comment of ConfigFromEnv.
func (w wiring) EnvDoc() string {
	var names []string
	for _, f := range w.Config.Fields {
		if f.Type != "auth.SecretSource" {
			names = append(names, f.Env)
		}
	}
	last := len(names) - 1
	text := "ConfigFromEnv reads the environment variables " + strings.Join(names[:last], ", ") + " and " + names[last] +
		", and validates the result. An empty variable counts as not set."
	if w.HasSecret {
		text += " " + w.Secret.Env + "_FILE names a file to read the secret from, at every token request anew."
	}
	return text
}

// Has reports whether the hand-written files declare a function, a "Type.Method" or a type.
func (w wiring) Has(name string) bool { return w.Config.declared[name] }

// Quoted returns the problem of a value that is not one of count values, as a format.
func (w wiring) Quoted(count int) string {
	names := slices.Repeat([]string{"%q"}, count)
	if count == 2 {
		return "is neither " + names[0] + " nor " + names[1]
	}
	return "is not one of " + strings.Join(names, ", ")
}

// Value is the environment in a Config.
func (e environment) Value() string { return strings.ToLower(strings.Join(words(e.Name), "-")) }

// writeVendor adds the wiring of the vendor's own package, where there is one.
func (v *vendor) writeVendor(files map[string][]byte) error {
	prefix := strings.ToUpper(v.name)
	config, err := readPackage(filepath.Join(v.root, v.dir()), prefix)
	if err != nil || config == nil {
		return err
	}
	if err := v.writeToken(files); err != nil {
		return err
	}
	op, err := v.tokenOperation()
	if err != nil {
		return err
	}
	w := wiring{
		Notice:    v.notice(" and config.go"),
		Package:   v.name,
		Package_:  v.name + "gen",
		Name:      v.name,
		Title:     strings.TrimSuffix(v.document.Title, " token endpoint"),
		Module:    module,
		GenPath:   v.gen(),
		Config:    config,
		Operation: goName(op.OperationID),
		TokenPath: op.Path[strings.LastIndex(op.Path, "}")+1:],
	}
	w.Secret, w.HasSecret = config.secret()
	for _, name := range []string{"AuthURL", "APIURL"} {
		if _, ok := config.named(name); !ok {
			return fmt.Errorf("there is no Config field %s", name)
		}
	}
	if _, ok := config.named("SecretSource"); w.HasSecret && !ok {
		return fmt.Errorf("there is no Config field SecretSource beside %s", w.Secret.Name)
	}
	if w.Environments, err = v.environments(op); err != nil {
		return err
	}
	_, w.EnvField = config.named("Environment")
	if len(w.Environments) == 1 && w.Environments[0].Name == "" {
		w.Default, w.Environments = w.Environments[0], nil
	} else if !w.EnvField && !config.declared["Config.Environment"] {
		return fmt.Errorf("the servers have several environments, but Config has neither a field nor a method Environment")
	}
	w.Products = v.document.Products
	if _, ok := config.named("Product"); len(w.Products) > 0 && (!ok || len(w.Environments) == 0) {
		return fmt.Errorf("x-products needs a Config field Product, and servers with environments")
	}
	w.NoAPIURL = w.Environments == nil && w.Default.APIURL == "" || slices.ContainsFunc(w.Environments, func(e environment) bool { return e.APIURL == "" && (len(w.Products) == 0 || w.withoutHost(e) != nil) })
	for _, name := range pathParameter.FindAllString(op.Path, -1) {
		w.PathFields = append(w.PathFields, config.take(strings.Trim(name, "{}")))
	}
	if v.takesBasic(op) {
		w.Basic = config.take("client_id")
	}
	params, err := v.params(op, config, files[path.Join(v.gen(), v.name+".gen.go")])
	if err != nil {
		return err
	}
	seen := make(map[string]bool)
	for _, r := range v.tokenRequests {
		g := grant{request: r, Params: params}
		switch r.Grant {
		case "client_credentials":
			g.Method = "ClientCredentials"
			g.Doc = "ClientCredentials asks for a token (RFC 6749 section 4.4)."
		case "password":
			g.Method = "Password"
			g.Doc = "Password logs in (RFC 6749 section 4.3)."
		case "refresh_token":
			g.Method, g.Refresh = "Refresh", true
			g.Doc = "Refresh asks for a new token in exchange for a refresh token (RFC 6749 section 6). Where the answer has no new " +
				"refresh token, the result has the one given here, which stays in use."
		default:
			return fmt.Errorf("%s: grant_type %q is not supported; use client_credentials, password or refresh_token", r.Model, r.Grant)
		}
		if seen[g.Method] {
			return fmt.Errorf("%s: a second request for grant_type %s", r.Model, r.Grant)
		}
		seen[g.Method] = true
		g.Secret = w.Basic != ""
		var call strings.Builder
		for _, m := range r.Members {
			if m.Constant != nil {
				if m.Name != "grant_type" {
					w.addIdentity(strconv.Quote(m.constantValue()))
				}
				continue
			}
			value, secret, ok := w.value(m, g.Refresh)
			if !ok {
				continue
			}
			g.Secret = g.Secret || secret
			fmt.Fprintf(&call, "%s: %s,\n", m.Field, value)
		}
		g.Call = call.String()
		if v.impliedScope {
			g.Scope = r.scope(config)
		}
		for _, name := range []string{"explain" + g.Method, "explain"} {
			if config.declared[name] {
				g.Explain = name
				break
			}
			if config.declared["Grant."+name] {
				g.Explain = "g." + name
				break
			}
		}
		w.Grants = append(w.Grants, g)
	}
	if len(w.Grants) > 1 && !config.declared["Grant.RequestToken"] {
		return fmt.Errorf("there are several grants: write (*Grant).RequestToken by hand")
	}
	for _, f := range w.Texts() {
		w.Shown = append(w.Shown, f)
		switch {
		case f.Segment: // it is in the endpoint's path
		case f.Name == "Scope":
			w.addIdentity("vendorconfig.SortedWords(c.Scope)")
		default:
			w.addIdentity("c." + f.Name)
		}
	}
	var out bytes.Buffer
	if err := vendorTemplate.Execute(&out, w); err != nil {
		return err
	}
	text, err := tidy(out.String())
	if err != nil {
		return fmt.Errorf("vendor.gen.go: %w\n%s", err, out.String())
	}
	files[path.Join(v.dir(), "vendor.gen.go")] = text
	v.wiring = &w
	return nil
}

func (w *wiring) addIdentity(value string) {
	if !slices.Contains(w.Identity, value) {
		w.Identity = append(w.Identity, value)
	}
}

// take is an expression for the field that a member is taken from. Where Config has none, the
// compiler names it, once.
func (h *handwritten) take(member string) string {
	if f, ok := h.field(member); ok {
		return "c." + f.Name
	}
	if h.missing[member] {
		return `""`
	}
	if h.missing == nil {
		h.missing = make(map[string]bool)
	}
	h.missing[member] = true
	return "c." + goName(member)
}

// value returns an expression for a member that is not a constant.
func (w *wiring) value(m member, refresh bool) (expr string, secret, ok bool) {
	if refresh && m.Name == "refresh_token" {
		return "refreshToken.Reveal()", false, true
	}
	f, found := w.Config.field(m.Name)
	switch {
	case !found && !m.Required:
		return "", false, false
	case found && f.isSecret():
		return "secret", true, true
	}
	expr = w.Config.take(m.Name)
	switch {
	case m.isDigitsOrText():
		return w.Package_ + "." + m.Type + "Of(" + expr + ")", false, true
	case found && m.Type != f.Type && strings.HasPrefix(m.Type, "*"):
		return "new(" + expr + ")", false, true
	case found && m.Type != f.Type:
		typ := m.Type
		if strings.ToUpper(typ[:1]) == typ[:1] {
			typ = w.Package_ + "." + typ
		}
		return typ + "(" + expr + ")", false, true
	}
	return expr, false, true
}

// constantValue is the constant as text.
func (m member) constantValue() string {
	return m.Name + "=" + m.constantText()
}

// scope is an expression for the scope that a request asks for.
func (r request) scope(config *handwritten) string {
	for _, m := range r.Members {
		if m.Name != "scope" {
			continue
		}
		if m.Constant != nil {
			return strconv.Quote(m.constantText())
		}
		if f, ok := config.field("scope"); ok {
			return "c." + f.Name
		}
	}
	return ""
}

// takesBasic reports whether the client authenticates with HTTP Basic (RFC 6749 section 2.3.1).
func (v *vendor) takesBasic(op *operation) bool {
	for _, alternative := range op.Security {
		for _, scheme := range alternative {
			if s, ok := scheme.(map[string]string); ok && s["type"] == "http" && strings.EqualFold(s["scheme"], "basic") {
				return true
			}
		}
	}
	return false
}

// UsesConfig reports whether the grant's request names a field of the Config, which it calls c.
func (g grant) UsesConfig() bool { return ofConfig.MatchString(g.Call + g.Scope) }

var ofConfig = regexp.MustCompile(`\bc\.`)

// params is the argument for the operation's parameters that are not in its path, or "".
func (v *vendor) params(op *operation, config *handwritten, text []byte) (string, error) {
	var given []parameter
	for _, p := range op.Parameters {
		if p.In != "path" {
			given = append(given, p)
		}
	}
	if len(given) == 0 {
		return "", nil
	}
	_, found, err := models(text)
	if err != nil {
		return "", err
	}
	name := goName(op.OperationID) + "Params"
	i := slices.IndexFunc(found, func(m model) bool { return m.Name == name })
	if i < 0 {
		return "", fmt.Errorf("no %s was generated", name)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "&%sgen.%s{", v.name, name)
	for _, p := range given {
		j := slices.IndexFunc(found[i].Fields, func(f field) bool { return f.Member == p.Name })
		if j < 0 {
			return "", fmt.Errorf("parameter %q has no field in %s", p.Name, name)
		}
		f := found[i].Fields[j]
		constant, ok, err := p.Schema.constant()
		if err != nil {
			return "", fmt.Errorf("parameter %q: %w", p.Name, err)
		}
		value := string(constant)
		if strings.HasPrefix(value, `"`) {
			var s string
			_ = json.Unmarshal(constant, &s)
			value = strconv.Quote(s)
		}
		if _, has := config.field(p.Name); !ok && !has && !p.Required {
			continue
		} else if !ok {
			value = config.take(p.Name)
		}
		if typ, ok := strings.CutPrefix(f.Type, "*"); ok {
			if strings.ToUpper(typ[:1]) == typ[:1] {
				typ = v.name + "gen." + typ
			}
			value = "new(" + typ + "(" + value + "))"
		}
		fmt.Fprintf(&out, "%s: %s, ", f.Name, value)
	}
	return strings.TrimSuffix(out.String(), ", ") + "}", nil
}

var vendorTemplate = template.Must(template.New("").Funcs(template.FuncMap{
	"comment": wrapComment,
	"join":    strings.Join,
}).Parse(vendorText))
