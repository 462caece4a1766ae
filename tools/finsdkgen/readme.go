package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// The table of settings is between these lines of a README.md.
const (
	settingsBegin = "<!-- The table of settings, written by make generate. -->\n"
	settingsEnd   = "<!-- The table ends here. -->\n"
)

// writeSettings puts the table of all Configs into the README.md beside the vendors' packages, if
// that has a place for it.
func writeSettings(root string, vendors []*vendor, files map[string][]byte) error {
	byBase := make(map[string][]*vendor)
	for _, v := range vendors {
		if v.wiring != nil {
			byBase[v.base] = append(byBase[v.base], v)
		}
	}
	for base, vendors := range byBase {
		name := path.Join(base, "README.md")
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		before, rest, ok := bytes.Cut(text, []byte(settingsBegin))
		_, after, closed := bytes.Cut(rest, []byte(settingsEnd))
		switch {
		case !ok:
			continue
		case !closed:
			return fmt.Errorf("%s: the table of settings has no end: add %s", name, strings.TrimSpace(settingsEnd))
		}
		table := settingsBegin + settingsTable(vendors) + settingsEnd
		files[name] = append(append(before[:len(before):len(before)], table...), after...)
	}
	return nil
}

func settingsTable(vendors []*vendor) string {
	var out strings.Builder
	out.WriteString("| Field | Variable | Required | Default |\n|---|---|---|---|\n")
	row := func(cells ...string) { out.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	var authURLs []string
	for i, v := range vendors {
		variable := "`" + strings.ToUpper(v.name) + "_AUTH_URL`"
		if i > 0 {
			variable = "`" + strings.ToUpper(v.name) + "_…`"
		}
		authURLs = append(authURLs, variable)
	}
	row("`AuthURL`", strings.Join(authURLs, ", "), "no", "from the spec, by environment where there are several")
	for _, v := range vendors {
		w := v.wiring
		row("**"+v.name+"**", "", "", "")
		for _, f := range w.Config.Fields {
			code := func(s string) string { return "`" + s + "`" }
			needs, has, byProduct := w.byProduct(f)
			switch {
			case byProduct:
				row(code(f.Name), code(f.Env), needs, has)
			case f.Name == "AuthURL", f.Type == "auth.SecretSource":
			case f.isSecret():
				row(code(f.Name)+" or `SecretSource`", code(f.Env)+" or "+code(f.Env+"_FILE"), "one of them", "")
			case f.Name == "APIURL":
				row(code(f.Name), code(f.Env), w.needsAPIURL(), w.defaultAPIURL())
			case f.Type == "Environment":
				var others []string
				for _, e := range w.Environments[1:] {
					others = append(others, code(e.Value()))
				}
				row(code(f.Name), code(f.Env), "no", code(w.Environments[0].Value())+", or "+strings.Join(others, ", "))
			case f.Type == "Product":
				var others []string
				for _, p := range w.Products[1:] {
					others = append(others, code(p.Value()))
				}
				row(code(f.Name), code(f.Env), "no", code(w.Products[0].Value())+", or "+strings.Join(others, ", "))
			case f.Default != "":
				row(code(f.Name), code(f.Env), "no", code(f.Default))
			case f.Required, f.Segment:
				row(code(f.Name), code(f.Env), "yes", "")
			default:
				row(code(f.Name), code(f.Env), "no", "")
			}
		}
	}
	return strings.ReplaceAll(out.String(), "  |", " |")
}

// needsAPIURL says when APIURL must be set.
func (w *wiring) needsAPIURL() string {
	var without []string
	for _, e := range w.Environments {
		if values := w.withoutHost(e); values != nil {
			return "for API calls of " + strings.Join(values, ", ") + " in " + e.Value()
		}
		if e.APIURL == "" {
			without = append(without, e.Value())
		}
	}
	switch {
	case !w.NoAPIURL:
		return "no"
	case len(without) == len(w.Environments):
		return "for API calls"
	}
	return "for API calls in " + strings.Join(without, ", ")
}

// defaultAPIURL describes the default of APIURL.
func (w *wiring) defaultAPIURL() string {
	var with []string
	for _, e := range w.Environments {
		if e.APIURL != "" || e.APIURLs != nil {
			with = append(with, e.Value())
		}
	}
	switch {
	case w.Default.APIURL != "":
		return "from the spec"
	case len(with) == 0:
		return ""
	case !w.NoAPIURL:
		return "from the spec, by environment"
	case len(w.Products) > 0:
		return "from the spec elsewhere"
	}
	return "from the spec in " + strings.Join(with, ", ")
}
