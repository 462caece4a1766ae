package auth

import (
	"bytes"
	"errors"
	"io"
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
// its connection back, and the request for the token may need that one. Nothing is lost if the answer is returned after all.
type answerBody struct {
	given io.ReadCloser
	once  sync.Once     // guards closing
	done  chan struct{} // closed when reading ahead is over; ahead and err are set then
	ahead bytes.Buffer
	err   error // what reading ahead ended with; nil: at the size
}

func newAnswerBody(given io.ReadCloser) *answerBody {
	b := &answerBody{given: given, done: make(chan struct{})}
	if given == nil { // http.Client allows for that, and so must whoever stands between
		b.err = io.EOF
		close(b.done)
		return b
	}
	go b.readAhead()
	return b
}

func (b *answerBody) readAhead() {
	defer close(b.done)
	b.err = errors.New("reading the answer ended its goroutine")
	defer func() {
		if recover() != nil {
			b.err = errors.New("reading the answer panicked")
		}
	}()
	n, err := io.CopyN(&b.ahead, b.given, drainSize)
	if err == nil && n == drainSize {
		b.err = nil
		return
	}
	b.err = err
}

// Read returns what was read ahead, and then the rest.
func (b *answerBody) Read(p []byte) (int, error) {
	<-b.done
	if b.ahead.Len() > 0 {
		return b.ahead.Read(p)
	}
	if b.err != nil {
		return 0, b.err
	}
	return b.given.Read(p)
}

// Close closes the body that was given: at once, or when reading ahead is over, because a body that a base has made up
// need not bear both at a time. It does not wait for that.
func (b *answerBody) Close() error {
	select {
	case <-b.done:
		return b.close()
	default:
		go b.discard()
		return nil
	}
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
	b.once.Do(func() {
		if b.given != nil {
			err = b.given.Close()
		}
	})
	return err
}
