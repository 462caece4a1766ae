// Package prism runs Stoplight's Prism. This independent server plays a vendor from the OpenAPI
// document alone, and reports the problems of every request.
package prism

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A Server is a Prism that plays one document.
type Server struct {
	URL string

	process *exec.Cmd
	exited  chan struct{}
	output  output
}

// Start runs command, a prism, on a free loopback port and waits until it answers. With "--errors"
// it answers requests that do not follow the document with an error instead of the nearest example.
func Start(ctx context.Context, command, document string) (*Server, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, fmt.Errorf("prism: %w", err)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("prism: %w", err)
	}
	s := &Server{URL: "http://" + address, exited: make(chan struct{})}
	// One process is enough: there are no logs of several to gather.
	s.process = exec.Command(command, "mock", "--errors", "--multiprocess=false", "--host", host, "--port", port, document) //nolint:gosec // the test's own
	s.process.Stdout, s.process.Stderr = &s.output, &s.output
	// Prism gets no other environment: it must not use a proxy.
	s.process.Env = append(os.Environ(), "NO_COLOR=1")
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("prism: %w", err)
	}
	go func() {
		defer close(s.exited)
		_ = s.process.Wait() // Close ends it, or its output says why it ended
	}()
	if err := s.ready(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("prism: %w: %s", err, s.output.String())
	}
	return s, nil
}

// freeAddress asks the system for a free port. Prism cannot: it wants a number.
func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// ready waits until the server answers.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			return resp.Body.Close()
		}
		select {
		case <-s.exited:
			return errors.New("the Prism process ended before it answered")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Close ends the process.
func (s *Server) Close() {
	_ = s.process.Process.Signal(os.Interrupt)
	select {
	case <-s.exited:
	case <-time.After(5 * time.Second):
		_ = s.process.Process.Kill()
		<-s.exited
	}
}

// Output returns the server's output so far: each request, and its problems.
func (s *Server) Output() string { return s.output.String() }

// output keeps a process's output, and can be read meanwhile.
type output struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.data.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.TrimSpace(o.data.String())
}
