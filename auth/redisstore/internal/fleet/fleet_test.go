//go:build linux

package fleet

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth/redisstore/internal/redistest"
	"github.com/finsdk/finsdk-go/sandbox"
)

// secret writes a secret file of this test.
func secret(t *testing.T, name, value string) string {
	t.Helper()
	path, err := secretFile(t.TempDir(), name, value)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// calls is how many calls each replica of a whole fleet makes at once.
const calls = 20

// round is how one round of a test went.
type round struct {
	wrong  []string
	events []string
}

func (r *round) check(ok bool, format string, args ...any) {
	if !ok {
		r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
	}
}

// calm plays rounds until nothing is wrong in one. 50 processes on a machine that is busy with other
// things may wait for the processor for longer than the 250 ms that a store has. Such a round proves
// nothing, and the store events show it. Anything wrong in another round fails the test.
func calm(t *testing.T, play func(t *testing.T, r *round)) {
	t.Helper()
	for i := range 4 {
		var r round
		t.Run(fmt.Sprintf("round %d", i+1), func(t *testing.T) { play(t, &r) })
		if len(r.wrong) == 0 {
			return
		}
		if len(r.events) == 0 {
			t.Fatal(strings.Join(r.wrong, "\n"))
		}
		t.Logf("the machine was too busy: %q\n%s", r.events, strings.Join(r.wrong, "\n"))
	}
	t.Error("the machine was too busy in every round")
}

func TestWholeFleet_ColdStartIsOneRequest(t *testing.T) {
	calm(t, func(t *testing.T, round *round) {
		srv, file := redistest.Start(t), secret(t, "secret", "right")
		v := newVendor(t)
		v.delay = 300 * time.Millisecond
		fleet := launch(t, replicas, setup{Vendor: "onefinops", AuthURL: v.URL, SecretFile: file, Redis: srv.Addr})
		r := all(fleet, command{Do: "get", N: calls, Timeout: 20 * time.Second})
		round.events = r.Events
		t.Logf("%d processes with %d calls each, cold, on a vendor of %s: %d request(s), the slowest call took %s",
			replicas, calls, v.delay, len(v.seen()), r.Slowest.Round(time.Millisecond))
		round.check(len(v.seen()) == 1, "%d requests", len(v.seen()))
		round.check(r.served() == replicas*calls && len(r.Tokens) == 1, "%d calls served with %d tokens: %v", r.served(), len(r.Tokens), r.Errors)
	})
}

func TestWholeFleet_RateLimitIsOneRequestAPause(t *testing.T) {
	calm(t, func(t *testing.T, round *round) {
		srv, file := redistest.Start(t), secret(t, "secret", "right")
		v := newVendor(t)
		v.limited, v.delay = 2*time.Second, 200*time.Millisecond
		fleet := launch(t, replicas, setup{Vendor: "onefinops", AuthURL: v.URL, SecretFile: file, Redis: srv.Addr})
		r := all(fleet, command{Do: "get", N: calls, Timeout: 6 * time.Second})
		round.events = r.Events
		seen := v.seen()
		t.Logf("%d processes with %d calls each, for 6 s on a vendor that answers 429 with Retry-After: 2: %d requests", replicas, calls, len(seen))
		round.check(len(seen) == 2 || len(seen) == 3, "%d requests", len(seen))
		for i := 1; i < len(seen); i++ {
			d := seen[i].At.Sub(seen[i-1].Answered)
			round.check(d >= v.limited, "request %d came %s after the answer to the one before", i+1, d)
		}
		round.check(r.failed() == replicas*calls, "%d calls served, %d failed: %v", r.served(), r.failed(), r.Errors)

		v.set(func(v *vendor) { v.limited = 0 })
		r = all(fleet, command{Do: "get", N: calls, Timeout: 10 * time.Second})
		round.events = append(round.events, r.Events...)
		round.check(r.served() == replicas*calls && len(v.seen()) == len(seen)+1, "after the limit: %d served, %d requests: %v",
			r.served(), len(v.seen())-len(seen), r.Errors)
	})
}

func TestWholeFleet_WrongPasswordIsOneLogin(t *testing.T) {
	calm(t, func(t *testing.T, round *round) {
		srv, file := redistest.Start(t), secret(t, "password", "wrong")
		keycloak := sandbox.New(sandbox.WithBruteForce(5, time.Hour))
		var logins atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			logins.Add(1)
			keycloak.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		config := keycloak.FinAPI(server.URL)
		s := setup{Vendor: "finapi", AuthURL: config.AuthURL, Mandator: config.Mandator, Username: config.Username, SecretFile: file, Redis: srv.Addr}
		fleet := launch(t, replicas, s)
		for range 3 {
			r := all(fleet, command{Do: "get", N: calls, Timeout: 3 * time.Second})
			round.events = append(round.events, r.Events...)
			round.check(r.failed() == replicas*calls, "%d calls served, %d failed", r.served(), r.failed())
			for text := range r.Errors {
				round.check(strings.Contains(text, "credentials rejected"), "got %s", text)
			}
		}
		t.Logf("%d processes with %d calls each, three times, with a wrong password: %d login(s)", replicas, calls, logins.Load())
		round.check(logins.Load() == 1, "%d logins", logins.Load())

		if _, err := secretFile(filepath.Dir(file), "password", config.Password.Reveal()); err != nil {
			t.Fatal(err)
		}
		r := all(fleet, command{Do: "get", N: calls, Timeout: 5 * time.Second})
		round.events = append(round.events, r.Events...)
		round.check(r.served() == replicas*calls && logins.Load() == 2, "with the right password, %d served, with %d logins in all: %v", r.served(), logins.Load(), r.Errors)
	})
}

func TestWholeFleet_NewSecretGoesOnAtOnce(t *testing.T) {
	calm(t, func(t *testing.T, round *round) {
		srv := redistest.Start(t)
		stale, fresh := secret(t, "old", "old"), secret(t, "new", "old")
		v := newVendor(t)
		s := setup{Vendor: "fincalc", AuthURL: v.URL, SecretFile: stale, Redis: srv.Addr}
		rest := launch(t, replicas-replicas/5, s)
		s.SecretFile = fresh
		mounted := launch(t, replicas/5, s)
		whole := slices.Concat(rest, mounted)

		r := all(whole, command{Do: "get", N: 4, Timeout: 3 * time.Second})
		round.events = r.Events
		round.check(r.served() == 0 && len(v.seen()) == 1, "with the old secret: %d served, %d requests: %v", r.served(), len(v.seen()), r.Errors)
		if _, err := secretFile(filepath.Dir(fresh), "new", "right"); err != nil {
			t.Fatal(err)
		}
		for _, p := range whole {
			p.send(command{Do: "get", N: 4, Timeout: 3 * time.Second})
		}
		r = gather(mounted)
		round.events = append(round.events, r.Events...)
		t.Logf("%d of %d processes got a new secret: all were served within %s", replicas/5, replicas, r.Slowest.Round(time.Millisecond))
		round.check(r.served() == 4*len(mounted) && len(r.Tokens) == 1, "with the new secret: %d served with %d tokens: %v", r.served(), len(r.Tokens), r.Errors)
		r = gather(rest)
		round.events = append(round.events, r.Events...)
		round.check(r.served() == 0, "with the old secret, which the vendor refuses: %d served", r.served())
		var with []string
		for _, req := range v.seen() {
			with = append(with, req.Secret)
		}
		round.check(slices.Equal(with, []string{"old", "right"}), "the vendor got requests with %q", with)
	})
}

// renewal is a fleet of finAPI replicas that has a token and a refresh token.
func renewal(t *testing.T, n int, first setup) (v *vendor, holder *process, others []*process) {
	t.Helper()
	v = newVendor(t)
	first.Vendor, first.AuthURL, first.SecretFile = "finapi", v.URL, secret(t, "password", "right")
	plain := first
	plain.StopAt = ""
	others = launch(t, n, plain)
	if r := all(others, command{Do: "get", N: 1, Timeout: 5 * time.Second}); r.served() != n || len(v.seen()) != 1 {
		t.Fatalf("%d served, %d requests: %v %v", r.served(), len(v.seen()), r.Errors, r.Events)
	}
	return v, launch(t, 1, first)[0], others
}

// wantOneToken checks that all replicas go on with the same token, that no refresh token was used
// twice, and how many requests there were in all.
func wantOneToken(t *testing.T, v *vendor, fleet []*process, requests int) {
	t.Helper()
	r := all(fleet, command{Do: "get", N: 2, Timeout: 15 * time.Second})
	if r.failed() != 0 || len(r.Tokens) != 1 {
		t.Errorf("%d failed, and %d tokens are in use: %v %v %v", r.failed(), len(r.Tokens), r.Tokens, r.Errors, r.Events)
	}
	v.set(func(v *vendor) {
		if len(v.reused) > 0 {
			t.Errorf("refresh tokens were used again: %q", v.reused)
		}
	})
	if n := len(v.seen()); n > requests {
		t.Errorf("%d requests, want at most %d", n, requests)
	}
}

// steps returns the moments at which a holder stops.
func steps() []string {
	if testing.Short() {
		return []string{"at the vendor"}
	}
	return []string{"before the lease", "with the lease", "at the vendor", "before the save", "after the save"}
}

func TestFleet_HolderIsKilled(t *testing.T) {
	t.Parallel()
	for _, step := range steps() {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			srv := redistest.Start(t)
			v, holder, others := renewal(t, 3, setup{Redis: srv.Addr, StopAt: step})
			if step == "at the vendor" {
				v.set(func(v *vendor) {
					v.hook = func(request) {
						v.set(func(v *vendor) { v.hook = nil })
						holder.signal(syscall.SIGSTOP)
						time.Sleep(20 * time.Millisecond)
					}
				})
			}
			holder.send(command{Do: "renew", N: 1, Timeout: 5 * time.Second})
			holder.stopped()
			holder.signal(syscall.SIGKILL)
			// The token that the holder wanted to replace was refused by an API.
			r := all(others, command{Do: "renew", N: 2, Timeout: 15 * time.Second})
			t.Logf("%s: the others were served after %s, with %d requests in all: %v %q", step, r.Slowest.Round(time.Millisecond), len(v.seen()), r.Tokens, r.Events)
			if r.failed() > 0 {
				t.Errorf("failed: %v", r.Errors)
			}
			wantOneToken(t, v, others, 3)
		})
	}
}

func TestFleet_HolderIsStoppedForTwoLeases(t *testing.T) {
	t.Parallel()
	for _, step := range steps() {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			srv := redistest.Start(t)
			v, holder, others := renewal(t, 3, setup{Redis: srv.Addr, StopAt: step})
			if step == "at the vendor" {
				v.set(func(v *vendor) {
					v.hook = func(request) {
						v.set(func(v *vendor) { v.hook = nil })
						holder.signal(syscall.SIGSTOP)
						time.Sleep(20 * time.Millisecond)
					}
				})
			}
			holder.send(command{Do: "renew", N: 1, Timeout: 20 * time.Second})
			holder.stopped()
			start := time.Now()
			if r := all(others, command{Do: "renew", N: 2, Timeout: 15 * time.Second}); r.failed() > 0 {
				t.Errorf("failed: %v", r.Errors)
			}
			time.Sleep(time.Until(start.Add(10 * time.Second))) // two leases
			holder.signal(syscall.SIGCONT)
			late := holder.answer()
			if late.failed() > 0 {
				t.Errorf("the holder failed: %v", late.Errors)
			}
			time.Sleep(300 * time.Millisecond) // it was served before it saved
			holder.send(command{Do: "get", N: 1, Timeout: 5 * time.Second})
			late.Events = append(late.Events, holder.answer().Events...)
			t.Logf("the holder, continued: %v, %q", late.Tokens, late.Events)
			if step == "at the vendor" && !slices.ContainsFunc(late.Events, func(e string) bool { return strings.HasPrefix(e, "save: the lease was lost") }) {
				t.Error("its late save was not refused")
			}
			wantOneToken(t, v, others, 4)
		})
	}
}
