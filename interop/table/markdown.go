package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Markdown is a table of what servers answered, a row for each case and a column for each server.
// answers has one entry for each server, by case name.
func Markdown(cases []Case, servers []string, answers []map[string]Answer) string {
	var b strings.Builder
	b.WriteString("| Case | Request |")
	for _, server := range servers {
		b.WriteString(" " + server + " |")
	}
	b.WriteString(" As described |\n|---|---|" + strings.Repeat("---|", len(servers)) + "---|\n")
	for _, c := range cases {
		fmt.Fprintf(&b, "| %s | %s |", c.Name, steps(c))
		differ := false
		for i := range servers {
			answer, text := answers[i][c.Name], cell(answers[i][c.Name])
			switch {
			case i == 0:
			case len(Differences(answers[0][c.Name], answer)) == 0:
				text = "same"
			case text == cell(answers[0][c.Name]):
				text = "same but for " + strings.Join(kinds(Differences(answers[0][c.Name], answer)), ", ")
			default:
				differ = true
			}
			b.WriteString(" " + text + " |")
		}
		verdict := "not described"
		if c.Said.Status != nil {
			verdict = "yes"
			for i := range servers {
				if !c.Said.fits(answers[i][c.Name]) {
					verdict = "**no**: " + c.Said.String()
				}
			}
		}
		if differ {
			verdict += "; **versions differ**"
		}
		b.WriteString(" " + verdict + " |\n")
	}
	return b.String()
}

// kinds shortens differences to what they are about.
func kinds(differences []string) []string {
	var k []string
	for _, d := range differences {
		what, _, _ := strings.Cut(d, ":")
		k = append(k, what)
	}
	return k
}

func steps(c Case) string {
	var parts []string
	for _, before := range c.Before {
		parts = append(parts, short(before))
	}
	if c.Event != "" {
		parts = append(parts, "*"+c.Event+"*")
	}
	return strings.Join(append(parts, short(c.Request)), "; then ")
}

// short leaves out what most requests have in common.
func short(r Request) string {
	s := strings.Replace(r.String(), "POST /realms/", "", 1)
	if r.path() == Token {
		s = strings.Replace(s, Token, "", 1)
	}
	s = strings.Replace(s, "/protocol/openid-connect/", "/…/", 1)
	s = strings.NewReplacer("|", "·", "\n", "⏎", "\r", "", "`", "'").Replace(s)
	return "`" + s + "`"
}

func cell(a Answer) string {
	if a.Case == "" {
		return "not observed"
	}
	s := fmt.Sprint(a.Status)
	switch {
	case a.Error != "":
		s += " `" + a.Error + "`"
		if a.Description != "" {
			s += " " + a.Description
		}
	case a.Values["expires_in"] != nil:
		s += fmt.Sprintf(" token, %v s", a.Values["expires_in"])
		if a.Members["refresh_token"] != "" {
			s += fmt.Sprintf("; refresh %v s", a.Values["refresh_expires_in"])
		}
		if a.Members["id_token"] != "" {
			s += "; id_token"
		}
	case a.Members != nil:
		s += " {" + strings.Join(topLevel(a.Members), ", ") + "}"
	case a.Text != "":
		s += " text: " + a.Text
	default:
		s += " empty"
	}
	if challenge := a.Header["WWW-Authenticate"]; challenge != "" {
		s += " (WWW-Authenticate: " + challenge + ")"
	}
	return spelled(strings.NewReplacer("|", "·", "\n", " ", "<", "&lt;").Replace(s))
}

// spelled writes control characters as Go does.
func spelled(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// topLevel are the first few names of an object.
func topLevel(members map[string]string) []string {
	var names []string
	for _, name := range sortedKeys(members) {
		if !strings.ContainsAny(name, ".[") {
			names = append(names, name)
		}
	}
	const most = 8
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("… %d in all", len(names)))
	}
	return names
}

func (s Said) String() string {
	var status []string
	for _, code := range s.Status {
		status = append(status, fmt.Sprint(code))
	}
	text := strings.Join(status, " or ")
	if s.Error != "" {
		text += " `" + s.Error + "`"
	}
	return strings.TrimSpace(text + " " + s.Description)
}

func (s Said) fits(a Answer) bool {
	return slices.Contains(s.Status, a.Status) && (s.Error == "" || s.Error == a.Error) && strings.Contains(a.Description, s.Description)
}
