//go:build unix

// Package redistest starts real Redis servers for tests, on loopback and on random ports.
package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// What go-redis logs of connections that tests break on purpose says nothing.
func init() { logging.Disable() }

// A Server is a running redis-server, which ends with the test.
type Server struct {
	Addr string

	t    testing.TB
	port string
	args []string
	cmd  *exec.Cmd
}

// binary returns the path of name, or of what the environment variable names instead. Without it, a
// test is skipped, or fails where CI is set.
func binary(t testing.TB, name, variable string) string {
	t.Helper()
	if path := os.Getenv(variable); path != "" {
		name = path
	}
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") != "":
		t.Fatalf("%s is missing, and CI is set", name)
	}
	t.Skipf("%s is missing: install Debian's package %s, or name one in %s", name, filepath.Base(name), variable)
	return ""
}

// Start starts a redis-server with these arguments, such as "--maxmemory", "2mb". It keeps nothing
// on disk.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := &Server{t: t, port: FreePort(t), args: args}
	s.Addr = "127.0.0.1:" + s.port
	s.Launch()
	return s
}

// Launch starts the server again on the same port after [Server.Kill]. It is empty.
func (s *Server) Launch() {
	s.t.Helper()
	args := []string{"--port", s.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", s.t.TempDir(), "--loglevel", "warning"}
	s.run(binary(s.t, "redis-server", "REDIS_SERVER"), append(args, s.args...))
	s.ready()
}

func (s *Server) run(path string, args []string) {
	s.t.Helper()
	var log strings.Builder
	s.cmd = exec.Command(path, args...)
	s.cmd.Stdout, s.cmd.Stderr = &log, &log
	s.cmd.SysProcAttr = DieWithParent()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd := s.cmd
	s.t.Cleanup(func() {
		if cmd == s.cmd {
			s.Kill()
		}
		if s.t.Failed() && log.Len() > 0 {
			s.t.Logf("%s said:\n%s", filepath.Base(path), log.String())
		}
	})
}

// ready waits until the server answers, be it with an error.
func (s *Server) ready() {
	s.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("redis-server does not listen: %v", err)
		}
	}
}

// Kill ends the server as a crash does.
func (s *Server) Kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// Freeze stops the server's process, whose connections stay open.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw continues a frozen server.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig os.Signal) {
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Error(err)
	}
}

// Client returns a client with the settings that the store asks for.
func (s *Server) Client() *redis.Client { return Client(s.t, s.Addr) }

// Client returns a client of addr with the settings that the store asks for.
func Client(t testing.TB, addr string) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true, PoolSize: 64})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Do sends one command.
func (s *Server) Do(args ...any) any {
	s.t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer c.Close()
	v, err := c.Do(context.Background(), args...).Result()
	if err != nil && err != redis.Nil {
		s.t.Fatalf("%v: %v", args[0], err)
	}
	return v
}

// FreePort returns a port on which nobody listens, and whose 10,000th neighbour, which a cluster
// uses, exists.
func FreePort(t testing.TB) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		if port < 55000 {
			return fmt.Sprint(port)
		}
	}
}
