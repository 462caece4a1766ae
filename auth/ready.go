package auth

import (
	"encoding/json"
	"net/http"
	"slices"
)

// ReadyHandler returns a handler for a readiness probe of a service that needs all of the sources.
// It answers 200 if every source is ready, as [Snapshot.Ready] defines it, and 503 otherwise. The
// body is JSON with the [Snapshot] of each source, and so tells why. It shows no secret, but it
// shows what an error's text shows: serve it to the platform, not to the public.
//
// The handler sends nothing to a vendor and starts nothing, however often it is asked. It answers
// 503 until each source has had its first token, so call [TokenSource.Warm] at start-up.
//
// While a vendor is down, a service is ready as long as its token is valid. If the service is useful
// without that vendor, leave its source out: otherwise the platform takes away all replicas at once.
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
