// Package keycloak starts a real Keycloak on loopback, with the project's realms in it, for tests.
//
// fetch.sh puts the distribution into a cache; Start runs it on a free port with a database of its
// own. With KEYCLOAK_URL set, Start uses the server there instead.
package keycloak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Versions are the ones that sha256sums pins: the newest, and one from before 26.6, where the
// answer to a wrong password moved from 401 to 400.
var Versions = []string{"26.7.3", "26.5.6"}

// ErrNotOurs is the error of stopping or starting a server that KEYCLOAK_URL names.
var ErrNotOurs = errors.New("keycloak: the server is not ours to stop or start")

const (
	bootstrapUsername = "admin"
	bootstrapPassword = "admin"

	startTimeout = 10 * time.Minute // importing takes one and a half on two idle cores
	stopTimeout  = 30 * time.Second // an orderly stop writes the database
)

// A Server is one Keycloak. Close it, or it lives as long as the test process does.
type Server struct {
	// URL is the server's base, without a trailing slash. Restart keeps it.
	URL string
	// Admin does what an administrator does in the console.
	Admin *Admin

	version   string
	dist      string
	home      string
	importing bool
	port      int
	process   *process // nil while stopped, and for a server that KEYCLOAK_URL names
	external  bool
}

// Start runs a Keycloak of this version and returns when it answers. With KEYCLOAK_URL set it uses
// the server there, as KEYCLOAK_ADMIN with KEYCLOAK_PASSWORD, and adds the realms, in place of
// those that an earlier run left.
func Start(ctx context.Context, version string) (*Server, error) {
	if base := os.Getenv("KEYCLOAK_URL"); base != "" {
		return attach(ctx, base, os.Getenv("KEYCLOAK_ADMIN"), os.Getenv("KEYCLOAK_PASSWORD"))
	}
	dist, err := distribution(version)
	if err != nil {
		return nil, err
	}
	data, err := prepared(ctx, version, dist)
	if err != nil {
		return nil, err
	}
	home, err := newHome(dist, data)
	if err != nil {
		return nil, err
	}
	s := &Server{version: version, dist: dist, home: home}
	if err := s.Restart(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	if err := s.complete(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func attach(ctx context.Context, base, username, password string) (*Server, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("keycloak: KEYCLOAK_URL: %w", err)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "https" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errors.New("keycloak: KEYCLOAK_URL: plain http is for loopback only")
	}
	if username == "" || password == "" {
		return nil, errors.New("keycloak: KEYCLOAK_URL needs KEYCLOAK_ADMIN and KEYCLOAK_PASSWORD")
	}
	base = strings.TrimRight(base, "/")
	s := &Server{URL: base, Admin: newAdmin(base, username, password), external: true}
	for name, representation := range Realms() {
		if err := s.Admin.ImportRealm(ctx, name, representation); err != nil {
			return nil, err
		}
		if err := s.Admin.registerDocumented(ctx, name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Restart starts a stopped server again, with the same URL and data; a running one is stopped
// first.
func (s *Server) Restart(ctx context.Context) error {
	if s.external {
		return ErrNotOurs
	}
	if err := s.Stop(); err != nil {
		return err
	}
	if s.port == 0 {
		port, err := freePort()
		if err != nil {
			return err
		}
		s.port = port
		s.URL = fmt.Sprintf("http://127.0.0.1:%d", port)
		s.Admin = newAdmin(s.URL, bootstrapUsername, bootstrapPassword)
	}
	p, err := launch(s.command())
	if err != nil {
		return fmt.Errorf("keycloak: starting %s: %w", s.version, err)
	}
	s.process = p
	if err := s.ready(ctx); err != nil {
		return errors.Join(err, s.Kill())
	}
	return nil
}

// Stop stops the server in an orderly way and keeps its data.
func (s *Server) Stop() error {
	if s.external {
		return ErrNotOurs
	}
	return s.end(syscall.SIGTERM)
}

// Kill ends the server as a crash would.
func (s *Server) Kill() error {
	if s.external {
		return ErrNotOurs
	}
	return s.end(syscall.SIGKILL)
}

// Close stops the server and removes its data.
func (s *Server) Close() error {
	if s.external {
		return nil
	}
	return errors.Join(s.Stop(), os.RemoveAll(s.home))
}

// Log returns the server's output since its last start.
func (s *Server) Log() string {
	if s.process == nil {
		return ""
	}
	return s.process.output.String()
}

func (s *Server) end(sig syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	p := s.process
	s.process = nil
	return p.end(sig)
}

// command runs Java as bin/kc.sh would. It does not run the script itself: a signal that ends the
// script can leave Java running.
func (s *Server) command() *exec.Cmd {
	args := []string{
		"-Xms128m", "-Xmx768m", "-XX:MaxMetaspaceSize=256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"--add-opens=java.base/java.util=ALL-UNNAMED",
		"--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
		"--add-opens=java.base/java.security=ALL-UNNAMED",
		"--add-opens=java.base/java.lang=ALL-UNNAMED",
		"-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
		"-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8",
		"-Dkc.home.dir=" + s.home,
		"-Djboss.server.config.dir=" + filepath.Join(s.home, "conf"),
		"-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
		"-Dpicocli.disable.closures=true",
		"-cp", filepath.Join(s.dist, "lib", "quarkus-run.jar"),
		"io.quarkus.bootstrap.runner.QuarkusEntryPoint",
		"start", "--optimized",
		"--cache=local", // without it Keycloak opens cluster ports on every interface
		"--http-enabled=true", "--http-host=127.0.0.1", fmt.Sprintf("--http-port=%d", s.port),
		"--hostname=" + s.URL,
		// Keycloak does not wait for the database to write out what it has committed, which takes
		// half a second by default; a server stopped right after a start has been seen to forget
		// all its realms.
		"--db-url-properties=;WRITE_DELAY=0",
	}
	if s.importing {
		args = append(args, "--import-realm")
	}
	cmd := exec.Command("java", args...)
	cmd.Dir = s.home
	cmd.Env = append(os.Environ(),
		"KC_BOOTSTRAP_ADMIN_USERNAME="+bootstrapUsername,
		"KC_BOOTSTRAP_ADMIN_PASSWORD="+bootstrapPassword)
	return cmd
}

// ready returns when the server answers for the master realm.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/realms/master", nil)
		if err != nil {
			return err
		}
		if res, err := client.Do(req); err == nil {
			var realm struct {
				Service string `json:"token-service"`
			}
			err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&realm)
			res.Body.Close()
			// It is a Keycloak with this URL, not another server.
			if err == nil && strings.HasPrefix(realm.Service, s.URL+"/") {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-s.process.done:
			return fmt.Errorf("keycloak: %s ended while starting: %v\n%s", s.version, s.process.err, s.process.output.String())
		case <-ctx.Done():
			return fmt.Errorf("keycloak: %s did not answer: %w\n%s", s.version, ctx.Err(), s.process.output.String())
		}
	}
}

// freePort picks a port below those that the system assigns, so that no other server gets it before
// Keycloak opens it, or while Keycloak is stopped.
func freePort() (int, error) {
	const low, high = 20_000, 30_000
	var last error
	for range 100 {
		port := low + rand.IntN(high-low)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return port, l.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("keycloak: no free port: %w", last)
}

// A process is one run of Java, ended by its id and never left behind.
type process struct {
	cmd    *exec.Cmd
	output *tail
	done   chan struct{} // closed when it has ended and err is set
	err    error
}

func launch(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, output: &tail{}, done: make(chan struct{})}
	cmd.Stdout = p.output
	cmd.Stderr = p.output
	dieWithParent(cmd)
	started := make(chan error)
	go func() {
		// The kernel ties the child to the thread that made it, not to the process; this goroutine
		// keeps the thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) end(sig syscall.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(stopTimeout):
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.done
	return fmt.Errorf("keycloak: did not end within %v of %v, and was killed", stopTimeout, sig)
}
