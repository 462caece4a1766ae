package auth

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// Warm gets the first token, so that a service learns at start-up whether it can. It returns nil if
// there is a valid token, and otherwise waits for one like [TokenSource.TokenContext]: give ctx a
// deadline, and failures that may pass are tried again until then. Errors are of type [*Error].
func (s *TokenSource) Warm(ctx context.Context) error {
	_, err := s.validEntry(ctx)
	return err
}

// Snapshot is the state of a [TokenSource] at one moment. It holds no secret and no token.
type Snapshot struct {
	Vendor      string
	Name        string        // from WithName
	HasToken    bool          // there is a valid token
	ExpiresIn   time.Duration // the valid token's remaining lifetime
	RenewsIn    time.Duration // from then on, a call renews the valid token; 0: the next call, or now
	HadToken    bool          // there has been a token, valid or not
	Requesting  bool          // a request for a token is running
	Waiting     int           // how many callers wait for a token
	Failures    int           // how many requests in a row have failed since the last token
	PausedUntil time.Time     // no request is sent before then; zero: the next call may send one
	Err         error         // why: the last failure since the last token, an *Error; or nil
}

// Snapshot returns the source's state. It sends nothing, starts nothing, and never waits for the
// vendor or a store.
func (s *TokenSource) Snapshot() Snapshot {
	now := s.now()
	s.mu.Lock()
	e, quiet := s.current.Load(), s.quiet.Load()
	paused := max(s.backoff.wait(now), now.until(s.rejected.until), 0)
	failure := s.failure
	state := Snapshot{Vendor: s.vendor, Name: s.name, HadToken: s.last.Load() != nil, Requesting: s.flight != nil,
		Waiting: int(s.waiting.Load()), Failures: s.failures}
	s.mu.Unlock()

	if e != nil && now.before(e.dead) {
		state.HasToken = true
		state.ExpiresIn = now.left(e.expiry)
		state.RenewsIn = max(now.left(e.stale), 0)
		if !state.Requesting {
			state.RenewsIn = max(state.RenewsIn, time.Duration(quiet-now.mono))
		}
	}
	if paused > 0 {
		state.PausedUntil = now.time().Add(paused)
	}
	if failure != nil {
		c := *failure
		c.RetryAfter = paused
		state.Err = &c
	}
	return state
}

// Ready reports whether a call can expect a token. It can if there is a valid one. It also can if
// the token has expired, because the next call gets another: a service that was idle for a while is
// ready. It cannot before the first token, nor while requests for another token fail.
//
// A failure counts until its pause is over. Then Ready reports true until the next request fails,
// because nothing but a call finds out that the vendor is back.
func (s Snapshot) Ready() bool { return s.unready() == "" }

// unready says why the source is not ready.
func (s Snapshot) unready() string {
	switch {
	case s.HasToken:
	case !s.HadToken && s.Err != nil:
		return "there is no token yet, and the last request for one failed"
	case !s.HadToken && s.Requesting:
		return "the first token has been requested and is not here yet"
	case !s.HadToken:
		return "no token has been requested yet: call Warm at start-up"
	case s.Failures > 0 && (s.Requesting || !s.PausedUntil.IsZero()):
		return "there is no valid token, and the last request for one failed"
	}
	return ""
}

// MarshalJSON writes durations in seconds, Err as its text, and whether the source is ready.
func (s Snapshot) MarshalJSON() ([]byte, error) {
	view := struct {
		Vendor      string    `json:"vendor,omitempty"`
		Name        string    `json:"name,omitempty"`
		Ready       bool      `json:"ready"`
		Reason      string    `json:"reason,omitempty"`
		HasToken    bool      `json:"has_token"`
		ExpiresIn   float64   `json:"expires_in,omitempty"`
		RenewsIn    float64   `json:"renews_in,omitempty"`
		Requesting  bool      `json:"requesting,omitempty"`
		Waiting     int       `json:"waiting,omitempty"`
		Failures    int       `json:"failures,omitempty"`
		PausedUntil time.Time `json:"paused_until,omitzero"`
		Error       string    `json:"error,omitempty"`
	}{s.Vendor, s.Name, s.Ready(), s.unready(), s.HasToken, rounded(s.ExpiresIn).Seconds(), rounded(s.RenewsIn).Seconds(),
		s.Requesting, s.Waiting, s.Failures, s.PausedUntil.UTC(), ""}
	if s.Err != nil {
		view.Error = s.Err.Error()
	}
	return json.Marshal(view)
}

// ReadyHandler returns a handler for a readiness probe of a service that needs all of the sources.
// It answers 200 if every source is ready, as [Snapshot.Ready] defines it, and 503 otherwise. The
// body is JSON with the [Snapshot] of each source, and so tells why. It shows no secret, but it
// shows what an error's text shows: serve it to the platform, not to the public.
//
// The handler sends nothing to a vendor and starts nothing, however often it is asked. It answers
// 503 until each source has had its first token, so call [TokenSource.Warm] at start-up.
//
// While a vendor is down, a service is ready as long as its token is valid. If the service is
// useful without that vendor, leave its source out: otherwise the platform takes away all replicas
// at once.
func ReadyHandler(sources ...*TokenSource) http.Handler {
	if slices.Contains(sources, nil) {
		panic("auth: ReadyHandler was given a source that is nil")
	}
	sources = slices.Clone(sources)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodGet && req.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		answer := struct {
			Ready   bool       `json:"ready"`
			Sources []Snapshot `json:"sources"`
		}{true, make([]Snapshot, len(sources))}
		status := http.StatusOK
		for i, s := range sources {
			answer.Sources[i] = s.Snapshot()
			if !answer.Sources[i].Ready() {
				answer.Ready, status = false, http.StatusServiceUnavailable
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer) // net/http drops it for HEAD
	})
}
