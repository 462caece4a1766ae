// Package filestore keeps tokens in files, so that processes on one machine share them: several
// workers, or commands that live shorter than a token.
package filestore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// New returns a Store that keeps its records as files in dir, which should be on a local disk. It
// is an [auth.Watcher].
//
// The store makes dir, for its owner only, if it does not exist. On Unix it refuses a dir that
// another user owns or may write to, because that user could replace tokens. So in a shared
// directory, name a new directory below it, and the store makes that. The files are readable by
// their owner only. The store opens regular files only: it follows no symbolic link in dir and
// waits for no pipe.
//
// A record and its lease are one file, which is replaced by rename, so a reader never sees half of
// one. A lock for each key, held for the time of one write, keeps writers apart. On Unix it is an
// advisory file lock, which ends with its process. Elsewhere it is a lock file, which counts as
// abandoned after ten seconds. A later process removes files that nobody needs any more.
//
// Times are those of the machine's clock, which all processes have in common. If somebody sets it
// back, what was written in its future is stale.
func New(dir string) auth.Store { return store{dir, tryLock} }

const (
	temporary  = ".entry-"           // begins the names of short-lived files
	leftover   = time.Hour           // the age at which such a file is removed; writing one takes far less
	forgotten  = 62 * 24 * time.Hour // the age at which any file is removed: no record is kept for as long
	maxFile    = 4 << 20             // more than any record takes
	lockPoll   = time.Millisecond    // between looks at a lock that is held, at first
	lastPoll   = 16 * time.Millisecond
	firstWatch = 5 * time.Millisecond
	lastWatch  = 100 * time.Millisecond
)

type store struct {
	dir  string
	lock func(root *os.Root, name string) (unlock func(), err error) // nil, nil: another has it
}

// open opens and checks the directory. All access goes through the result, so the directory that
// was checked is the one in use.
func (s store) open() (*os.Root, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(".")
	if err == nil {
		err = checkPrivate(s.dir, info)
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return root, nil
}

// make is like open, but makes a missing directory.
func (s store) make() (*os.Root, error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	return s.open()
}

// fileName returns the name of a key's file. It is a hash, because keys hold URLs and user names,
// which file names should not show.
func fileName(key, suffix string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16]) + suffix
}

// failure describes what went wrong with the files.
func failure(err error) error {
	if err == nil || errors.Is(err, auth.ErrLeaseLost) {
		return err
	}
	return &auth.Error{Op: "file store", Err: err}
}

// Load implements auth.Store. It reads the state without the lock.
func (s store) Load(_ context.Context, key string) (auth.Record, error) {
	root, err := s.open()
	if err != nil {
		return auth.Record{}, failure(absent(err))
	}
	defer root.Close()
	st, err := read(root, key)
	return st.record(time.Now()), failure(err)
}

// absent returns nil if err says that a file does not exist.
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Acquire implements auth.Store.
func (s store) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (auth.Attempt, error) {
	var a auth.Attempt
	// Most often, the lease cannot be granted, and nothing has to be written.
	denied := func(st state) (denied bool) {
		a, denied = st.attempt(have, time.Now())
		return denied
	}
	err := s.change(ctx, key, denied, func(st *state, now time.Time) (write bool, err error) {
		if denied(*st) {
			return false, nil
		}
		a.Lost = st.Holder != 0
		a.Lease = &lease{s, key, st.grant(ttl, now)}
		return true, nil
	})
	if err != nil {
		return auth.Attempt{}, failure(err)
	}
	return a, nil
}

// Drop implements auth.Store.
func (s store) Drop(ctx context.Context, key string, fence uint64) (dropped bool, err error) {
	err = s.change(ctx, key, nil, func(st *state, now time.Time) (bool, error) {
		if dropped = fence != 0 && st.record(now).Fence == fence; dropped {
			st.Fresh = 0
		}
		return dropped, nil
	})
	return dropped, failure(err)
}

// Watch implements auth.Watcher. It looks at the file again after a twentieth of the time that it
// has waited.
func (s store) Watch(ctx context.Context, key string, after uint64) error {
	start := time.Now()
	root, err := s.make()
	if err != nil {
		return failure(err)
	}
	defer root.Close()
	before, err := stat(root, key)
	if err != nil {
		return failure(err)
	}
	st, err := read(root, key)
	if err != nil || st.record(time.Now()).Fence != after {
		return failure(err)
	}
	for {
		timer := time.NewTimer(min(max(time.Since(start)/20, firstWatch), lastWatch))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		if now, err := stat(root, key); err != nil || changed(before, now) {
			return failure(err)
		}
	}
}

func stat(root *os.Root, key string) (fs.FileInfo, error) {
	info, err := root.Lstat(fileName(key, ".json"))
	return info, absent(err)
}

func changed(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a != b
	}
	return !os.SameFile(a, b) || a.Size() != b.Size() || !a.ModTime().Equal(b.ModTime())
}

type lease struct {
	store store
	key   string
	fence uint64
}

// Fence implements auth.Lease.
func (l *lease) Fence() uint64 { return l.fence }

// change changes the state unless the lease is lost.
func (l *lease) change(ctx context.Context, f func(st *state, now time.Time)) error {
	return failure(l.store.change(ctx, l.key, nil, func(st *state, now time.Time) (bool, error) {
		if st.Holder != l.fence {
			return false, auth.ErrLeaseLost
		}
		f(st, now)
		return true, nil
	}))
}

// Extend implements auth.Lease.
func (l *lease) Extend(ctx context.Context, ttl time.Duration) error {
	return l.change(ctx, func(st *state, now time.Time) { st.Since, st.Until = now.UnixMicro(), now.Add(ttl).UnixMicro() })
}

// Save implements auth.Lease.
func (l *lease) Save(ctx context.Context, w auth.Write) error {
	return l.change(ctx, func(st *state, now time.Time) {
		st.Holder, st.Fence, st.Saved = 0, l.fence, now.UnixMicro()
		st.data, st.TTL, st.Fresh = w.Data, w.TTL.Microseconds(), w.Fresh.Microseconds()
	})
}

// Release implements auth.Lease.
func (l *lease) Release(ctx context.Context) error {
	return l.change(ctx, func(st *state, _ time.Time) { st.Holder = 0 })
}

// change reads the state of a key, lets f change it, and writes it if f says so. Nobody else
// changes it meanwhile. It does nothing if needless, which may be nil, accepts the state before it
// has the lock.
func (s store) change(ctx context.Context, key string, needless func(state) bool, f func(st *state, now time.Time) (write bool, err error)) error {
	root, err := s.make()
	if err != nil {
		return err
	}
	defer root.Close()
	for pause := lockPoll; ; pause = min(2*pause, lastPoll) {
		if needless != nil {
			if st, err := read(root, key); err != nil || needless(st) {
				return err
			}
		}
		unlock, err := s.lock(root, fileName(key, ".lock"))
		if err != nil {
			return err
		}
		if unlock != nil {
			defer unlock()
			break
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("wait for the lock: %w", ctx.Err())
		}
	}
	st, err := read(root, key)
	if err != nil {
		return err
	}
	write, err := f(&st, time.Now())
	if err != nil || !write {
		return err
	}
	return replace(root, fileName(key, ".json"), st.encode())
}

// read reads the state of a key. A missing file is the zero state.
func read(root *os.Root, key string) (state, error) {
	f, err := openRegular(root, fileName(key, ".json"), os.O_RDONLY)
	if err != nil {
		return state{}, absent(err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return state{}, err
	}
	return decode(content), nil
}

// replace puts content in the place of a file. It does not wait until that has reached the disk:
// all processes that could need it end with the machine.
func replace(root *os.Root, name string, content []byte) (err error) {
	tidy(root)
	tmpName := temporary + rand.Text()
	tmp, err := root.OpenFile(tmpName, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = root.Remove(tmpName)
		}
	}()
	_, err = tmp.Write(content)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return root.Rename(tmpName, name)
}

// tidy removes what dying processes left while writing, and the records of secrets that are no
// longer used. The files hold tokens.
func tidy(root *os.Root) {
	files, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return
	}
	for _, f := range files {
		limit := leftover
		if strings.HasSuffix(f.Name(), ".json") {
			limit = forgotten
		} else if !strings.HasPrefix(f.Name(), temporary) {
			continue
		}
		if info, err := f.Info(); err == nil && f.Type().IsRegular() && time.Since(info.ModTime()) > limit {
			_ = root.Remove(f.Name())
		}
	}
}

// openRegular opens a regular file of root. It returns an error for anything else, without opening
// it: opening a pipe may block for ever, and a symbolic link leads elsewhere.
func openRegular(root *os.Root, name string, flag int) (*os.File, error) {
	info, err := root.Lstat(name)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s in %s is not a regular file: its mode is %s", name, root.Name(), info.Mode())
	case err != nil && (!errors.Is(err, fs.ErrNotExist) || flag&os.O_CREATE == 0):
		return nil, err
	case err != nil:
		// With O_EXCL, a symbolic link that appears meanwhile is not followed.
		flag |= os.O_EXCL
	}
	return root.OpenFile(name, flag, 0o600)
}
