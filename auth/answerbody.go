package auth

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// drainTime is how long the rest of a 401 may take before its connection is given up.
	drainTime = time.Second
	// drainSize is how much of a 401 is read ahead.
	drainSize = 64 << 10
)

// answerBody is the body of a 401, read ahead while a new token is awaited: only one that has been read to its end gives
// its connection back, and the request for the token may need that one. To whoever reads the answer after all it is like
// any other: what has come is there, the trailers are after the end, and nothing else changes behind the reader's back.
type answerBody struct {
	given   *http.Response // as the base returned it; net/http adds the trailers there
	shown   *http.Response // what the caller gets
	done    chan struct{}  // closed when reading ahead is over
	closing sync.Once      // of given.Body

	mu     sync.Mutex // guards what follows
	came   sync.Cond  // signalled when something has
	ahead  bytes.Buffer
	over   bool  // nobody reads ahead any more
	err    error // what reading ahead ended with; nil: at the size
	closed bool
}

// readAhead returns a copy of resp whose body is read ahead.
func readAhead(resp *http.Response) (*http.Response, *answerBody) {
	shown := *resp
	shown.Trailer = resp.Trailer.Clone()
	b := &answerBody{given: resp, shown: &shown, done: make(chan struct{})}
	b.came.L = &b.mu
	shown.Body = b
	if resp.Body == nil { // http.Client allows for that, and so must whoever stands between
		b.end(io.EOF)
	} else {
		go b.fill()
	}
	return &shown, b
}

// fill reads until the end, the size, or Close.
func (b *answerBody) fill() {
	err := errors.New("reading the answer ended its goroutine")
	defer func() {
		if recover() != nil {
			err = errors.New("reading the answer panicked")
		}
		b.end(err)
	}()
	chunk := make([]byte, 4<<10)
	for {
		n, failed := b.given.Body.Read(chunk)
		b.mu.Lock()
		b.ahead.Write(chunk[:n])
		enough := b.closed || b.ahead.Len() >= drainSize
		b.came.Broadcast()
		b.mu.Unlock()
		if err = failed; err != nil || enough {
			return
		}
	}
}

func (b *answerBody) end(err error) {
	b.mu.Lock()
	b.over, b.err = true, err
	b.came.Broadcast()
	b.mu.Unlock()
	close(b.done)
}

// Read returns what was read ahead, as soon as it is there, and then the rest.
func (b *answerBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	for b.ahead.Len() == 0 && !b.over && !b.closed {
		b.came.Wait()
	}
	if b.closed {
		b.mu.Unlock()
		return 0, http.ErrBodyReadAfterClose
	}
	if b.ahead.Len() > 0 {
		defer b.mu.Unlock()
		return b.ahead.Read(p)
	}
	n, err := 0, b.err
	b.mu.Unlock()
	if err == nil {
		n, err = b.given.Body.Read(p)
	}
	if err == io.EOF {
		b.addTrailers()
	}
	return n, err
}

// addTrailers copies what net/http has found behind the body to where the caller looks for it.
func (b *answerBody) addTrailers() {
	for name, values := range b.given.Trailer {
		if b.shown.Trailer == nil {
			b.shown.Trailer = http.Header{}
		}
		b.shown.Trailer[name] = values
	}
}

// Close closes the body that was given: at once, or when reading ahead is over, because a body that a base has made up
// need not bear both at a time. It does not wait for that.
func (b *answerBody) Close() error {
	b.mu.Lock()
	b.closed = true
	b.came.Broadcast()
	over := b.over
	b.mu.Unlock()
	if over {
		return b.close()
	}
	go func() {
		defer func() { _ = recover() }() // there is nobody left to tell
		b.discard()
	}()
	return nil
}

// discard gives the connection back if all has come, or soon does, and gives it up otherwise.
func (b *answerBody) discard() {
	late := time.NewTimer(drainTime)
	defer late.Stop()
	select {
	case <-b.done:
	case <-late.C: // the bodies of net/http bear it, and what trickles has to end
	}
	_ = b.close()
}

func (b *answerBody) close() (err error) {
	b.closing.Do(func() {
		if b.given.Body != nil {
			err = b.given.Body.Close()
		}
	})
	return err
}
