package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
)

// eventPause is the least time between two updates of the page, so that a busy sandbox does not
// spend its time on them.
const eventPause = 100 * time.Millisecond

// eventRetry is how long a page waits before it asks again after it lost the connection.
const eventRetry = time.Second

// events streams exchanges and the overview to the page, as server-sent events. The stream begins
// with the name of the Server's run, which is also part of the ids. A stream that is resumed
// continues after its last exchange, unless that was of another run, whose numbers mean nothing
// here.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	if !s.guard(w, r) {
		return
	}
	run, last := s.hub.Run(), int64(0)
	if of, number, _ := strings.Cut(r.Header.Get("Last-Event-ID"), "-"); of == run {
		last, _ = strconv.ParseInt(number, 10, 64)
	}
	changes, stop := s.hub.Watch()
	defer stop()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	if _, err := fmt.Fprintf(w, "retry: %d\nevent: run\ndata: %s\n\n", eventRetry.Milliseconds(), run); err != nil {
		return
	}
	send := func(head string, value any) error {
		data, err := jsondoc.Encode(value)
		if err != nil {
			panic(err) // plain data
		}
		_, err = fmt.Fprintf(w, "%s\ndata: %s\n\n", head, data)
		return err
	}
	for {
		for _, x := range s.journal.After(last) {
			if send(fmt.Sprintf("id: %s-%d\nevent: exchange", run, x.Seq), x) != nil {
				return
			}
			last = x.Seq
		}
		if send("event: overview", s.overview()) != nil {
			return
		}
		if http.NewResponseController(w).Flush() != nil || !answer.Wait(r, s.done, eventPause) {
			return
		}
		select {
		case <-changes:
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		}
	}
}
