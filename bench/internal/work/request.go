package work

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/bench/internal/measure"
	"github.com/finsdk/finsdk-go/bench/internal/peer"
)

// Requested measures the first token of a new source over loopback.
func Requested(size Size) Table {
	t := Table{
		Title: "A token fetched over loopback",
		About: "A new source gets its first token of 1,200 bytes by the client credentials grant. The server is a loop that allocates next to nothing. Times are by the clock. " +
			"\"Closed\" opens a connection for each request, as finsdk-go always does (a kept one would be stale by the next renewal, and a request that fails on it must not be repeated); \"kept\" uses one again.",
		Columns: []string{"", "connections", "time", "to clientcredentials, closed", "allocations", "bytes"},
	}
	server := newTokenServer()
	defer server.close()
	var cases []measure.Case
	ours, reference := 0, 0
	for _, p := range size.peers() {
		if p.Request == nil {
			continue
		}
		for _, kept := range []bool{false, true} {
			if kept && p.Name == peer.Ours {
				continue
			}
			name := "closed"
			if kept {
				name = "kept"
			}
			switch {
			case p.Name == peer.Ours:
				ours = len(cases)
			case p.Name == peer.Reference && !kept:
				reference = len(cases)
			}
			base := &http.Transport{DisableKeepAlives: !kept}
			defer base.CloseIdleConnections()
			var source peer.Cache
			cases = append(cases, measure.Case{
				Name: p.Name + "\x00" + name,
				Op: func() {
					if token, err := source(context.Background()); err != nil || token != longToken {
						panic(fmt.Sprint(len(token), err))
					}
				},
				Batch: 1,
				Reset: func() { source = p.Request(server.url, base) },
			})
		}
	}
	plan := size.on(1)
	plan.Wall, plan.Slice = true, 5*plan.Slice
	samples := measure.Run(plan, cases...)
	allocs := make([]float64, len(cases))
	for i, c := range cases {
		var bytes float64
		allocs[i], bytes = measure.Allocs(300, c)
		name, connections, _ := strings.Cut(c.Name, "\x00")
		t.row(name, connections, nanoseconds(samples[i]), ratio(measure.Compare(samples[i], samples[reference])), number(allocs[i]), number(bytes))
	}
	t.atMost("token fetched to clientcredentials, equal connections", measure.Compare(samples[ours], samples[reference]),
		goal{target: 1, held: 1.08, why: "the request belongs to no caller: it has a goroutine of its own, which has to wake up the caller"})
	t.count("allocations of a token fetched, to clientcredentials'", allocs[ours], goal{target: allocs[reference]})
	return t
}

// tokenServer answers each POST on a loopback port with the same token. It is a bare loop, so that
// what is measured is the client.
type tokenServer struct {
	url string
	l   net.Listener

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newTokenServer() *tokenServer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	s := &tokenServer{url: "http://" + l.Addr().String(), l: l, conns: map[net.Conn]bool{}}
	body := `{"access_token":"` + longToken + `","token_type":"Bearer","expires_in":900,"scope":"onefinops.api"}`
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: %s\r\nContent-Length: %d\r\n%s\r\n%s"
	date := time.Now().UTC().Format(http.TimeFormat)
	kept := []byte(fmt.Sprintf(head, date, len(body), "", body))
	closed := []byte(fmt.Sprintf(head, date, len(body), "Connection: close\r\n", body))
	readers := sync.Pool{New: func() any { return bufio.NewReader(nil) }}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[c] = true
			s.mu.Unlock()
			go func() {
				r := readers.Get().(*bufio.Reader)
				r.Reset(c)
				defer func() {
					_ = c.Close()
					readers.Put(r)
					s.mu.Lock()
					delete(s.conns, c)
					s.mu.Unlock()
				}()
				for serveOne(r, c, kept, closed) {
				}
			}()
		}
	}()
	return s
}

// serveOne reads one request with a Content-Length and answers it. It reports whether the
// connection is kept.
func serveOne(r *bufio.Reader, c net.Conn, kept, closed []byte) bool {
	length, keep := 0, true
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return false
		}
		if len(line) <= 2 {
			break
		}
		if rest, ok := field(line, "Content-Length: "); ok {
			for _, b := range rest {
				length = length*10 + int(b-'0')
			}
		}
		if rest, ok := field(line, "Connection: "); ok && string(rest) == "close" {
			keep = false
		}
	}
	if _, err := r.Discard(length); err != nil {
		return false
	}
	answer := closed
	if keep {
		answer = kept
	}
	_, err := c.Write(answer)
	return err == nil && keep
}

// field returns the value of a header line, if its name is the given one.
func field(line []byte, name string) ([]byte, bool) {
	if len(line) < len(name)+2 || string(line[:len(name)]) != name {
		return nil, false
	}
	return line[len(name) : len(line)-2], true
}

func (s *tokenServer) close() {
	_ = s.l.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}
