package agreement

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/interop/keycloak"
	"github.com/finsdk/finsdk-go/interop/table"
	"github.com/finsdk/finsdk-go/sandbox"
)

// On a Stage, the sandbox plays a Keycloak with the realms of interop/keycloak. Each case has its
// own sandbox for every realm that it touches, because lifetimes and other settings belong to a
// sandbox, not to a realm.
type Stage struct {
	realms map[string][]sandbox.Option
}

// NewStage returns a Stage that plays a Keycloak of this version.
func NewStage(version string) (*Stage, error) {
	s := &Stage{realms: map[string][]sandbox.Option{}}
	for name, representation := range keycloak.Realms() {
		opts, err := options(representation)
		if err != nil {
			return nil, err
		}
		if olderThan266(version) {
			opts = append(opts, sandbox.WithKeycloak265())
		}
		s.realms[name] = opts
	}
	return s, nil
}

func olderThan266(version string) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "%d.%d", &major, &minor)
	return err == nil && (major < 26 || major == 26 && minor < 6)
}

// Send carries out a case. Time stands still meanwhile, and waits of the case move the sandboxes'
// clocks.
func (s *Stage) Send(ctx context.Context, c table.Case) (answer table.Answer, err error) {
	p := &play{stage: s, time: time.Now().Truncate(time.Second), sandboxes: map[string]*sandbox.Server{}}
	moved := c
	moved.Before = slices.Clone(c.Before)
	for i := range moved.Before {
		p.waits = append(p.waits, moved.Before[i].Wait)
		moved.Before[i].Wait = 0
	}
	p.waits = append(p.waits, c.Wait)
	moved.Wait = 0

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return table.Answer{}, err
	}
	server := &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		if closed := server.Close(); err == nil {
			err = closed
		}
		if stopped := <-served; err == nil && !errors.Is(stopped, http.ErrServerClosed) {
			err = stopped
		}
	}()
	target := table.Target{BaseURL: "http://" + listener.Addr().String(), Event: p.event}
	answer, err = target.Send(ctx, moved)
	// The recorded request is the table's, with its waits.
	answer.Request = c.Request.String()
	return answer, err
}

// A play is one Keycloak, made of the sandboxes of one case.
type play struct {
	stage     *Stage
	mu        sync.Mutex
	time      time.Time // of every sandbox's clock
	sandboxes map[string]*sandbox.Server
	waits     []time.Duration // before the remaining requests
}

// sandbox returns the realm's sandbox.
func (p *play) sandbox(realm string) *sandbox.Server {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sandboxes[realm] == nil {
		clock := sandbox.WithClock(p.now)
		p.sandboxes[realm] = sandbox.New(append([]sandbox.Option{clock}, p.stage.realms[realm]...)...)
	}
	return p.sandboxes[realm]
}

func (p *play) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.time
}

// wait lets the time before the next request pass.
func (p *play) wait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waits) == 0 {
		return
	}
	p.time = p.time.Add(p.waits[0])
	p.waits = p.waits[1:]
}

// ServeHTTP rewrites a Keycloak's path to the path of the realm in the sandbox.
func (p *play) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.wait()
	_, below, _ := strings.Cut(r.URL.EscapedPath(), "/realms/")
	name, _, _ := strings.Cut(below, "/")
	v := sandbox.Finventi // for an unknown realm
	if p.stage.realms[name] != nil {
		v = vendorOf(name)
	}
	s := p.sandbox(name)
	moved := r.Clone(r.Context())
	u := *r.URL
	base, err := url.Parse(authURL(s, v))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	u.Path = base.Path + r.URL.Path
	if r.URL.RawPath != "" {
		u.RawPath = base.Path + r.URL.RawPath
	}
	moved.URL = &u
	s.ServeHTTP(w, moved)
}

// authURL returns the path of a vendor's authorization server in a sandbox.
func authURL(s *sandbox.Server, v sandbox.Vendor) string {
	switch v {
	case sandbox.Finventi:
		return s.Finventi("").AuthURL
	case sandbox.OneFinOps:
		return s.OneFinOps("").AuthURL
	}
	return s.FinAPI("").AuthURL
}

// event does the administrator's part of a case.
func (p *play) event(_ context.Context, event string) error {
	words := append(strings.Fields(event), "", "", "")
	verb, realm, name := words[0], words[1], words[2]
	s, v := p.sandbox(realm), vendorOf(realm)
	switch verb {
	case "enable-client", "disable-client":
		return s.DisableClient(v, name, verb == "disable-client")
	case "enable-user", "disable-user":
		return s.DisableUser(realm, name, verb == "disable-user")
	case "rotate-secret":
		_, err := s.RotateSecret(v, name)
		return err
	case "rotate-and-drop-secret":
		// The second rotation ends the first secret's overlap.
		_, err := s.RotateSecret(v, name)
		if err == nil {
			_, err = s.RotateSecret(v, name)
		}
		return err
	case "logout-user":
		s.LogoutUser(realm, name)
	case "not-before":
		s.RevokeBefore(v, realm, s.Now().Add(time.Second))
	case "clear-not-before":
		s.RevokeBefore(v, realm, time.Time{})
	default:
		return fmt.Errorf("agreement: event %q: unknown", event)
	}
	return nil
}
