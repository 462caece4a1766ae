package sandbox

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

// WithStateFile keeps keys, secrets, sessions, revocations, e-invoices, e-way bills and the clock in
// a file, so that they survive a restart, even after the process was killed. The file holds them in plain text, readable
// by its owner only. One process at a time may use it: if another process has written to it, the
// sandbox saves nothing more, and the health endpoint says so.
//
// Each call appends its changes, whatever the size of the file. At the start, from time to time,
// and after a change from outside, the sandbox rewrites the file and syncs it to the disk. If the
// whole machine fails, the calls since then may be lost.
func WithStateFile(path string) Option {
	return option(func(s *settings) { s.stateFile = path })
}

// maxGrowth is how much longer than the first line the other lines may become before the file is
// rewritten.
const maxGrowth = 128 << 10

// stateFile is a file whose first line is the whole state as JSON. Each further line is a change
// since, also a [savedState].
type stateFile struct {
	path string // "" without a file

	mu    sync.Mutex  // guards what follows; it is taken before the Server's
	whole int         // bytes of the first line
	added int         // bytes of the others
	err   error       // what came of the last time
	left  os.FileInfo // the file as it was left; nil where nobody knows

	touched touched // what has changed since; the Server's mutex guards it
}

// loadState reads the file and rewrites it, so that a file that cannot be written is noticed now.
func (s *Server) loadState() error {
	f := &s.file
	if s.settings.stateFile == "" || s.settings.err != nil {
		return nil
	}
	state, err := readState(s.settings.stateFile)
	if err != nil {
		return err
	}
	if err := s.restore(state); err != nil {
		return fmt.Errorf("state file %s: %w", s.settings.stateFile, err)
	}
	f.path = s.settings.stateFile
	for _, ring := range s.rings {
		ring.Keep = s.keep
	}
	s.portal.Track()
	return s.writeState()
}

// keep is called after a change from outside that has to survive a restart.
func (s *Server) keep() {
	if f := &s.file; f.path != "" {
		f.mu.Lock()
		if f.err = f.foreign(); f.err == nil {
			f.err = s.writeState()
		}
		f.mu.Unlock()
	}
	s.changed()
}

// keepTouched is called after a call. What it costs does not grow with the state.
func (s *Server) keepTouched() {
	if f := &s.file; f.path != "" {
		f.mu.Lock()
		before := f.err
		// After a failure the end of the file is unknown, and the change is missing.
		if f.err = f.foreign(); f.err == nil && (before != nil || f.added > f.whole+maxGrowth || s.addTouched() != nil) {
			f.err = s.writeState()
		}
		f.mu.Unlock()
	}
	s.changed()
}

// foreign returns an error if another process has changed the file. A removed file is made anew.
func (f *stateFile) foreign() error {
	now, err := os.Stat(f.path)
	if err != nil || f.left == nil || (os.SameFile(now, f.left) && now.Size() == f.left.Size()) {
		return nil
	}
	return fmt.Errorf("keep the state in %s: somebody else has written to the file, which one process at a time may use; nothing more is kept", f.path)
}

// leave notes how the file is left.
func (f *stateFile) leave(err error) error {
	if f.left = nil; err == nil {
		f.left, _ = os.Stat(f.path) // where that fails nobody knows
	}
	return err
}

// stateError says why the state could not be kept, or nil.
func (s *Server) stateError() error {
	s.file.mu.Lock()
	defer s.file.mu.Unlock()
	return s.file.err
}

// writeState writes the file anew. Its mutex is held, or nobody else knows the Server yet.
func (s *Server) writeState() error {
	state, err := s.snapshot()
	if err != nil {
		return fmt.Errorf("keep the state in %s: %w", s.file.path, err)
	}
	line, err := lineOf(state)
	if err != nil {
		return fmt.Errorf("keep the state in %s: %w", s.file.path, err)
	}
	if err := s.file.leave(wholefile.Write(s.file.path, line, 0o600)); err != nil {
		return fmt.Errorf("keep the state in %s: %w", s.file.path, err)
	}
	s.file.whole, s.file.added = len(line), 0
	return nil
}

// addTouched adds a line with what has changed. The file's mutex is held.
func (s *Server) addTouched() error {
	state, some := s.snapshotTouched()
	if !some {
		return nil
	}
	line, err := lineOf(state)
	if err != nil {
		return err
	}
	// Opened each time, so that a file which is gone is noticed.
	out, err := os.OpenFile(s.file.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = out.Write(line)
	s.file.added += len(line)
	return s.file.leave(errors.Join(err, out.Close()))
}

func lineOf(state savedState) ([]byte, error) {
	data, err := json.Marshal(state)
	return append(data, '\n'), err
}

// readState reads the file; where there is none yet the state is that of an empty one.
func readState(path string) (savedState, error) {
	data, err := wholefile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return savedState{}, nil
	}
	if err != nil {
		return savedState{}, fmt.Errorf("read the state: %w", err)
	}
	state := savedState{}
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&state); err != nil {
		return savedState{}, fmt.Errorf("state file %s: %w", path, err)
	}
	// Version 1 had no lines after the first.
	if state.Version != 1 && state.Version != stateVersion {
		return savedState{}, fmt.Errorf("state file %s: version %d is neither 1 nor %d", path, state.Version, stateVersion)
	}
	var torn error
	m := newMerger(&state)
	number := 1
	for line := range bytes.Lines(bytes.TrimPrefix(data[dec.InputOffset():], []byte("\n"))) {
		number++
		var change savedState
		if err := json.Unmarshal(line, &change); err != nil {
			// If the process was killed while writing, the last line has no end.
			torn = fmt.Errorf("state file %s: line %d: %w", path, number, err)
			continue
		}
		if torn != nil {
			return savedState{}, torn
		}
		m.add(change)
	}
	return state, nil
}
