package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox"
)

func runSandbox(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	var (
		addr     = flags.String("addr", "127.0.0.1:8090", "where to listen; port 0 takes a free one")
		lifetime = flags.Duration("lifetime", 0, "how long access tokens live, such as 30s; 0: as long as each vendor's own")
		state    = flags.String("state", "", "file that keeps keys, secrets and sessions over a restart; none: they end with the process")
		secure   = flags.Bool("tls", false, "serve https, with a certificate made at the start")
		cert     = flags.String("cert", "finsdk-sandbox.pem", "file that the certificate of -tls is written to, for clients to trust")
	)
	if err := parse(flags, args, stderr); err != nil {
		return err
	}

	options := []sandbox.Option{}
	for _, v := range sandbox.Vendors() {
		options = append(options, sandbox.WithLifetimes(v, sandbox.Lifetimes{Access: *lifetime}))
	}
	if *state != "" {
		options = append(options, sandbox.WithStateFile(*state))
	}
	if *secure {
		options = append(options, sandbox.WithTLS())
	}
	vendors, err := sandbox.Listen(*addr, options...)
	if err != nil {
		return err
	}
	variables := environment(vendors)
	if *secure {
		if err := os.WriteFile(*cert, vendors.CertificatePEM(), 0o644); err != nil {
			return errors.Join(err, vendors.Close())
		}
		variables = append(variables, "", "export SSL_CERT_FILE="+quote(*cert))
	}
	fmt.Fprintf(stdout, `The four vendors are at %[1]s until you press Ctrl-C.
What arrives, what was issued, and faults to try: %[1]s/
Health: %[1]s/_sandbox/health

# Paste into the shell that runs your service; each vendor's ConfigFromEnv reads them.
%[2]s
`, vendors.URL, strings.Join(variables, "\n"))

	select {
	case <-ctx.Done():
	case <-vendors.Done():
	}
	if err := vendors.Close(); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "Stopped.")
	return nil
}

// environment lists the shell commands that point the SDK at the sandbox.
func environment(vendors *sandbox.Instance) []string {
	finventi, finapi, fincalc := vendors.Finventi(), vendors.FinAPI(), vendors.FinCalc()
	test, live := vendors.OneFinOps(), vendors.OneFinOpsLive()
	return []string{
		export("FINVENTI_CLIENT_ID", finventi.ClientID),
		export("FINVENTI_CLIENT_SECRET", finventi.ClientSecret.Reveal()),
		export("FINVENTI_AUTH_URL", finventi.AuthURL),
		export("FINVENTI_API_URL", finventi.APIURL),
		"",
		export("FINAPI_MANDATOR", finapi.Mandator),
		export("FINAPI_USERNAME", finapi.Username),
		export("FINAPI_PASSWORD", finapi.Password.Reveal()),
		export("FINAPI_AUTH_URL", finapi.AuthURL),
		export("FINAPI_API_URL", finapi.APIURL),
		"",
		export("ONEFINOPS_CLIENT_ID", test.ClientID),
		export("ONEFINOPS_CLIENT_SECRET", test.ClientSecret.Reveal()),
		export("ONEFINOPS_AUTH_URL", test.AuthURL),
		export("ONEFINOPS_API_URL", test.APIURL),
		"# or, as OneFinOps's production:",
		"# " + export("ONEFINOPS_CLIENT_ID", live.ClientID),
		"# " + export("ONEFINOPS_CLIENT_SECRET", live.ClientSecret.Reveal()),
		"# " + export("ONEFINOPS_API_URL", live.APIURL),
		"",
		export("FINCALC_CLIENT_ID", fincalc.ClientID),
		export("FINCALC_CLIENT_SECRET", fincalc.ClientSecret.Reveal()),
		export("FINCALC_SCOPE", fincalc.Scope),
		export("FINCALC_EMAIL_ADDRESS", fincalc.EmailAddress),
		export("FINCALC_AUTH_URL", fincalc.AuthURL),
		export("FINCALC_API_URL", fincalc.APIURL),
	}
}

func export(name, value string) string { return "export " + name + "=" + quote(value) }

// quote makes text one word of a shell.
func quote(text string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-./:@%+=,", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
