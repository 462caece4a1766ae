package main

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/finventi"
	"github.com/finsdk/finsdk-go/internal/origin"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// greeting is the text that "finsdk sandbox" prints when it is ready.
type greeting struct {
	vendors *sandbox.Instance
	addr    string // the address on the command line
	cert    string // file of the certificate to trust, if the sandbox made one
	notes   []string
}

func (g *greeting) note(format string, args ...any) {
	g.notes = append(g.notes, fmt.Sprintf(format, args...))
}

func (g *greeting) text() string {
	public, here := g.vendors.PublicURL(), g.vendors.URL
	served := strings.HasPrefix(here, "https://")
	if served && g.cert == "" {
		here = public // the user's own certificate may not name this machine
		g.note("The certificate is yours: clients have to trust its issuer.")
	}
	g.warn(public)

	var b strings.Builder
	fmt.Fprintf(&b, "The four vendors are at %s until you press Ctrl-C.\n", public)
	if here != public {
		fmt.Fprintf(&b, "On this machine: %s\n", here)
	}
	fmt.Fprintf(&b, "What arrives, what was issued, and faults to try: %s/\nHealth: %[1]s/_sandbox/health\n", here)
	for _, note := range g.notes {
		fmt.Fprintf(&b, "\n%s\n", strings.Join(wrap(note, textWidth+labelWidth), "\n"))
	}
	fmt.Fprintf(&b, "\n# Paste into the shell that runs your service; each vendor's ConfigFromEnv reads them.\n%s\n",
		strings.Join(environment(g.vendors.Server, public), "\n"))
	if g.cert != "" {
		fmt.Fprintf(&b, `
# This makes Go programs trust the sandbox's certificate. It replaces the system's roots in one file: unless there are others
# in a directory such as /etc/ssl/certs, what is started with it trusts nobody else. On macOS and Windows Go does not read it.
%s
`, export("SSL_CERT_FILE", g.cert))
	}
	return b.String()
}

// warn notes why clients on other machines cannot reach the sandbox, or that anybody can.
func (g *greeting) warn(public string) {
	u, err := url.Parse(public)
	if err != nil {
		return
	}
	host, _, _ := net.SplitHostPort(g.addr)
	switch open := !origin.IsLoopback(host); { // an empty host means every interface
	case u.Scheme == "http" && (open || !origin.IsLoopback(u.Hostname())):
		g.note("The SDK refuses plain http except on loopback: clients elsewhere need -tls, and -host with the name that they call the sandbox by.")
	case g.cert != "" && open && origin.IsLoopback(u.Hostname()):
		g.note("The certificate is for this machine alone: clients elsewhere need -host with the name that they call the sandbox by.")
	}
	if !origin.IsLoopback(host) {
		g.note("Anybody who reaches the port can read the sandbox's secrets and control it: its page and admin API have no password.")
	}
}

// environment lists the shell commands that point the SDK at the sandbox under a base URL.
func environment(vendors *sandbox.Server, base string) []string {
	var products []choice
	for _, product := range []finventi.Product{finventi.RRC, finventi.VerificationOfPayee, finventi.Payments} {
		c := vendors.FinventiProduct(base, product)
		products = append(products, choice{"Finventi's product " + string(product), c.ClientID, []string{
			export("FINVENTI_PRODUCT", string(c.Product)),
			export("FINVENTI_CLIENT_ID", c.ClientID),
			export("FINVENTI_CLIENT_SECRET", c.ClientSecret.Reveal()),
			export("FINVENTI_REALM", c.Realm),
			export("FINVENTI_AUTH_URL", c.AuthURL),
			export("FINVENTI_API_URL", c.APIURL),
		}})
	}
	var environments []choice
	for _, c := range []onefinops.Config{vendors.OneFinOps(base), vendors.OneFinOpsLive(base)} {
		environments = append(environments, choice{"OneFinOps's production", c.ClientID, []string{
			export("ONEFINOPS_CLIENT_ID", c.ClientID),
			export("ONEFINOPS_CLIENT_SECRET", c.ClientSecret.Reveal()),
			export("ONEFINOPS_AUTH_URL", c.AuthURL),
			export("ONEFINOPS_API_URL", c.APIURL),
		}})
	}
	finapi, fincalc := vendors.FinAPI(base), vendors.FinCalc(base)
	return slices.Concat(firstOf(products), []string{
		"",
		export("FINAPI_MANDATOR", finapi.Mandator),
		export("FINAPI_USERNAME", finapi.Username),
		export("FINAPI_PASSWORD", finapi.Password.Reveal()),
		export("FINAPI_AUTH_URL", finapi.AuthURL),
		export("FINAPI_API_URL", finapi.APIURL),
		"",
	}, firstOf(environments), []string{
		"",
		export("FINCALC_CLIENT_ID", fincalc.ClientID),
		export("FINCALC_CLIENT_SECRET", fincalc.ClientSecret.Reveal()),
		export("FINCALC_SCOPE", fincalc.Scope),
		export("FINCALC_EMAIL_ADDRESS", fincalc.EmailAddress),
		export("FINCALC_AUTH_URL", fincalc.AuthURL),
		export("FINCALC_API_URL", fincalc.APIURL),
	})
}

// choice holds the commands for one of several APIs of a vendor.
type choice struct {
	api      string
	clientID string // empty if the sandbox has no client for the API
	commands []string
}

// firstOf returns the commands of the first choice that has a client, and those of the others as
// comments.
func firstOf(choices []choice) (lines []string) {
	for _, c := range choices {
		switch {
		case c.clientID == "":
		case lines == nil:
			lines = append(lines, c.commands...)
		default:
			lines = append(lines, "# or, for "+c.api+":")
			for _, command := range c.commands {
				lines = append(lines, "# "+command)
			}
		}
	}
	return lines
}

func export(name, value string) string { return "export " + name + "=" + quote(value) }

// quote quotes text as one word of a shell.
func quote(text string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-./:@%+=,", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
