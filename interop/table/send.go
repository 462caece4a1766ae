package table

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A Target is a server that the table is sent to.
type Target struct {
	// BaseURL is what /realms/ is appended to.
	BaseURL string
	// Event carries out what a case asks of an administrator; nil where nobody can.
	Event func(ctx context.Context, event string) error
}

// ErrNoEvents is answered for a case that needs an administrator, by a target without one.
var ErrNoEvents = errors.New("table: the case needs an administrator")

// maxAnswer is far above what a token endpoint answers.
const maxAnswer = 4 << 20

// A reply is an answer as it came.
type reply struct {
	status int
	header http.Header
	body   []byte
	wire   []byte // the bytes of the whole answer
}

// object is the body's JSON object, or nil.
func (r *reply) object() map[string]any {
	var object map[string]any
	if json.Unmarshal(r.body, &object) != nil {
		return nil
	}
	return object
}

// Send carries a case out and returns what the server answered to its last request.
func (t Target) Send(ctx context.Context, c Case) (Answer, error) {
	r, err := t.send(ctx, c)
	if err != nil {
		return Answer{}, fmt.Errorf("table: %s: %w", c.Name, err)
	}
	return observe(c, r), nil
}

func (t Target) send(ctx context.Context, c Case) (_ *reply, err error) {
	if c.Event != "" && t.Event == nil {
		return nil, ErrNoEvents
	}
	answers := []*reply{}
	for i, before := range c.Before {
		r, err := t.exchange(ctx, before, answers)
		if err != nil {
			return nil, fmt.Errorf("request %d before: %w", i+1, err)
		}
		answers = append(answers, r)
	}
	if c.Event != "" {
		if err := t.Event(ctx, c.Event); err != nil {
			return nil, fmt.Errorf("event %s: %w", c.Event, err)
		}
	}
	if c.Undo != "" {
		defer func() {
			if undo := t.Event(ctx, c.Undo); undo != nil {
				err = errors.Join(err, fmt.Errorf("event %s: %w", c.Undo, undo))
			}
		}()
	}
	return t.exchange(ctx, c.Request, answers)
}

// exchange sends one request on a connection of its own and keeps the bytes of the answer.
func (t Target) exchange(ctx context.Context, r Request, answers []*reply) (*reply, error) {
	if r.Wait > 0 {
		select {
		case <-time.After(r.Wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	address := strings.TrimSuffix(t.BaseURL, "/") + "/realms/" + r.Realm + r.path()
	if r.Query != "" {
		address += "?" + fill(r.Query, answers)
	}
	body := r.body(answers)
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method(), address, reader)
	if err != nil {
		return nil, err
	}
	if r.Form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range r.Header {
		req.Header.Set(name, strings.ReplaceAll(fill(value, answers), ownOrigin, req.URL.Scheme+"://"+req.URL.Host))
	}
	req.Header.Set("Accept-Encoding", "identity") // so that the bytes kept can be read
	wire := &recorder{}
	transport := &http.Transport{DialContext: wire.dial}
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport:     transport,
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	return &reply{status: res.StatusCode, header: res.Header, body: data, wire: wire.bytes()}, nil
}

// A recorder keeps what is read from the connections it opens.
type recorder struct {
	mu   sync.Mutex
	data []byte
}

func (r *recorder) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &recordedConn{Conn: conn, recorder: r}, nil
}

func (r *recorder) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]byte(nil), r.data...)
}

type recordedConn struct {
	net.Conn
	recorder *recorder
}

func (c *recordedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.recorder.mu.Lock()
	c.recorder.data = append(c.recorder.data, p[:n]...)
	c.recorder.mu.Unlock()
	return n, err
}
