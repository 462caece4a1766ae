package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/finsdk/finsdk-go/internal/wholefile"
	"github.com/finsdk/finsdk-go/sandbox"
)

const aboutSandbox = `usage: finsdk sandbox [FLAGS]

The four vendors on one port of this machine, to develop against, until Ctrl-C. It prints their credentials as
environment variables to paste; the page at / shows what arrives and makes faults to try.

  finsdk sandbox                                             for services on this machine
  finsdk sandbox -addr 0.0.0.0:8090 -tls -host vendors       for those that know it as "vendors"
  finsdk sandbox -print-config >sandbox.json                 the defaults, to start a file of one's own
  finsdk sandbox -config sandbox.json -state state.json      with that file, and nothing lost over a restart

Flags count on top of the file. docs/sandbox.md has its members, and all that the sandbox can do.

`

// sandboxFlags are the flags of "finsdk sandbox".
type sandboxFlags struct {
	*flag.FlagSet
	stderr      io.Writer
	addr        string
	config      string
	printConfig bool
	lifetime    time.Duration
	state       string
	tls         bool
	cert        string
	hosts       []string
	tlsCert     string
	tlsKey      string
}

func newSandboxFlags(stderr io.Writer) *sandboxFlags {
	f := &sandboxFlags{FlagSet: flag.NewFlagSet("sandbox", flag.ContinueOnError), stderr: stderr}
	f.StringVar(&f.addr, "addr", "127.0.0.1:8090", "`host:port` to listen on; port 0 takes a free one")
	f.StringVar(&f.config, "config", "", "`file` of options: accounts, lifetimes, limits and more, in JSON")
	f.BoolVar(&f.printConfig, "print-config", false, "print such a file with the defaults, and do nothing else")
	f.DurationVar(&f.lifetime, "lifetime", 0, "how long access tokens live at all four, such as 30s; 0: as long as the file or the vendor says")
	f.StringVar(&f.state, "state", "", "`file` that keeps keys, secrets and sessions over a restart, the certificate in another beside it; none: they end with the process")
	f.BoolVar(&f.tls, "tls", false, "serve https, with a certificate made for it")
	f.StringVar(&f.cert, "cert", "finsdk-sandbox.pem", "`file` that the made certificate is written to, for clients to trust")
	f.StringVar(&f.tlsCert, "tls-cert", "", "`file` with a certificate of your own to serve https with, and those that it is signed by, in PEM")
	f.StringVar(&f.tlsKey, "tls-key", "", "`file` with the key of -tls-cert")
	f.Func("host", "`name` or IP address under which clients elsewhere reach the sandbox; give it again for more, the first is printed", func(h string) error {
		if err := sandbox.New(sandbox.WithHosts(h)).Err(); err != nil {
			return errors.New(strings.TrimPrefix(err.Error(), "sandbox: "))
		}
		f.hosts = append(f.hosts, h)
		return nil
	})
	return f
}

// check finds wrong combinations of flags.
func (f *sandboxFlags) check() error {
	_, _, err := net.SplitHostPort(f.addr)
	switch {
	case err != nil:
		return misused(f.FlagSet, f.stderr, "-addr %s is no host:port, such as 127.0.0.1:8090 or :0", f.addr)
	case f.lifetime < 0:
		return misused(f.FlagSet, f.stderr, "-lifetime %s is negative", f.lifetime)
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return misused(f.FlagSet, f.stderr, "-tls-cert and -tls-key go together")
	case f.tlsCert != "" && f.given("cert"):
		return misused(f.FlagSet, f.stderr, "-cert is where a made certificate is written to; with -tls-cert none is made")
	}
	return nil
}

// given reports whether a flag is on the command line.
func (f *sandboxFlags) given(name string) (given bool) {
	f.Visit(func(g *flag.Flag) { given = given || g.Name == name })
	return given
}

// options returns the options of the file, followed by those of the flags, which override them.
func (f *sandboxFlags) options() (options []sandbox.Option, err error) {
	if f.config != "" {
		if options, err = sandbox.LoadOptions(f.config); err != nil {
			return nil, err
		}
	}
	if len(f.hosts) > 0 {
		options = append(options, sandbox.WithHosts(f.hosts...))
	}
	for _, v := range sandbox.Vendors() {
		options = append(options, sandbox.WithLifetimes(v, sandbox.Lifetimes{Access: f.lifetime}))
	}
	if f.state != "" {
		options = append(options, sandbox.WithStateFile(f.state))
	}
	if f.tls {
		options = append(options, sandbox.WithTLS())
	}
	if f.tlsCert != "" {
		pair, err := tls.LoadX509KeyPair(f.tlsCert, f.tlsKey)
		if err != nil {
			return nil, err
		}
		options = append(options, sandbox.WithCertificate(pair))
	}
	return options, nil
}

func runSandbox(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := newSandboxFlags(stderr)
	if err := parse(f.FlagSet, aboutSandbox, args, stdout, stderr); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	if f.printConfig {
		return sandbox.WriteDefaultOptions(stdout)
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	vendors, err := sandbox.Listen(f.addr, options...)
	if errors.Is(err, syscall.EADDRINUSE) {
		host, _, _ := net.SplitHostPort(f.addr)
		return fmt.Errorf("%s is in use already; -addr %s takes a free port", f.addr, net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return err
	}
	g := greeting{vendors: vendors, addr: f.addr}
	if pem := vendors.CertificatePEM(); pem != nil {
		// Another shell may have another working directory.
		if g.cert, err = filepath.Abs(f.cert); err == nil {
			err = wholefile.Write(g.cert, pem, 0o644)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("write the certificate, for which -cert names another file: %w", err), vendors.Close())
		}
	} else if f.given("cert") {
		g.note("-cert has no effect: it is for the certificate that -tls makes.")
	}
	fmt.Fprint(stdout, g.text())

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
