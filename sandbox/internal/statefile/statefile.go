// Package statefile keeps a state in a file: its first line is the whole state as JSON, and each
// further line is a change since.
package statefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/finsdk/finsdk-go/internal/wholefile"
)

// maxGrowth is how much longer than the first line the other lines may become before the file is
// rewritten.
const maxGrowth = 128 << 10

// A File is safe for use by several goroutines. One process at a time may use it.
type File[S any] struct {
	path    string
	whole   func() (S, error)
	changes func() (S, bool)

	mu    sync.Mutex  // guards what follows
	size  int         // bytes of the first line
	added int         // bytes of the others
	err   error       // of the last time
	left  os.FileInfo // the file after the last time, or nil if that is unknown
}

// Create writes a file. whole returns the state, and changes what has changed since either was
// called last, if anything has.
func Create[S any](path string, whole func() (S, error), changes func() (S, bool)) (*File[S], error) {
	f := &File[S]{path: path, whole: whole, changes: changes}
	return f, f.rewrite()
}

// Err returns why the state could not be kept the last time, or nil.
func (f *File[S]) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Keep writes the whole state and syncs it to the disk.
func (f *File[S]) Keep() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err = f.foreign(); f.err == nil {
		f.err = f.rewrite()
	}
}

// KeepChanges adds what has changed. What that costs does not grow with the state.
func (f *File[S]) KeepChanges() {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.err
	// After a failure the end of the file is unknown, and the change is missing.
	if f.err = f.foreign(); f.err == nil && (before != nil || f.added > f.size+maxGrowth || f.add() != nil) {
		f.err = f.rewrite()
	}
}

// foreign returns an error if another process has changed the file. A removed file is made anew.
func (f *File[S]) foreign() error {
	now, err := os.Stat(f.path)
	if err != nil || f.left == nil || (os.SameFile(now, f.left) && now.Size() == f.left.Size()) {
		return nil
	}
	return fmt.Errorf("keep the state in %s: somebody else has written to the file, which one process at a time may use; nothing more is kept", f.path)
}

// leave notes the file after it was written.
func (f *File[S]) leave(err error) error {
	if f.left = nil; err == nil {
		f.left, _ = os.Stat(f.path)
	}
	return err
}

func (f *File[S]) rewrite() error {
	state, err := f.whole()
	var text []byte
	if err == nil {
		text, err = line(state)
	}
	if err == nil {
		err = f.leave(wholefile.Write(f.path, text, 0o600))
	}
	if err != nil {
		return fmt.Errorf("keep the state in %s: %w", f.path, err)
	}
	f.size, f.added = len(text), 0
	return nil
}

// add adds a line with what has changed.
func (f *File[S]) add() error {
	state, some := f.changes()
	if !some {
		return nil
	}
	text, err := line(state)
	if err != nil {
		return err
	}
	// Opened each time, so that a file that is gone is noticed.
	out, err := os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	f.added += len(text)
	return f.leave(errors.Join(err, out.Close()))
}

func line(state any) ([]byte, error) {
	data, err := json.Marshal(state)
	return append(data, '\n'), err
}

// Read reads a file, if there is one: whole takes the state in the first line, and change each
// change to it. After an error, some may have been taken.
func Read[S any](path string, whole func(S) error, change func(S)) error {
	data, err := wholefile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the state: %w", err)
	}
	var state S
	dec := json.NewDecoder(bytes.NewReader(data))
	if err = dec.Decode(&state); err == nil {
		err = whole(state)
	}
	if err != nil {
		return fmt.Errorf("state file %s: %w", path, err)
	}
	var torn error
	number := 1
	for line := range bytes.Lines(bytes.TrimPrefix(data[dec.InputOffset():], []byte("\n"))) {
		if torn != nil {
			return torn
		}
		number++
		var state S
		if err := json.Unmarshal(line, &state); err != nil {
			// If the process was killed while writing, the last line has no end.
			torn = fmt.Errorf("state file %s: line %d: %w", path, number, err)
			continue
		}
		change(state)
	}
	return nil
}
