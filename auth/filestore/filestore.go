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

// lockPoll is how often a waiting process checks whether the lock is free.
const lockPoll = 20 * time.Millisecond

// New returns a Store that keeps its entries as files in dir, which should be on a local disk.
//
// The store makes dir, for its owner only, if it does not exist. On Unix it refuses a dir that
// another user owns or may write to, because that user could replace tokens. So in a shared
// directory, name a new directory below it, and the store makes that. The files are readable by
// their owner only. The store opens regular files only: it follows no symbolic link in dir and
// waits for no pipe.
//
// An entry is replaced by rename, so a reader never sees half of one. A later process removes files
// that a dying process left behind.
//
// On Unix, the lock of a key is an advisory file lock, which ends with its process. Elsewhere it is
// a lock file, which counts as abandoned after a minute.
func New(dir string) auth.Store { return store{dir} }

// temporary begins the names of short-lived files.
const temporary = ".entry-"

// leftover is the age at which a temporary file is removed. Writing one takes far less.
const leftover = time.Hour

// maxEntry is more than any token response takes.
const maxEntry = 4 << 20

type store struct{ dir string }

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

func (s store) Load(_ context.Context, key string) ([]byte, error) {
	entry, err := s.load(key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, &auth.Error{Op: "file store", Err: err}
	}
	return entry, nil
}

func (s store) load(key string) ([]byte, error) {
	root, err := s.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := openRegular(root, fileName(key, ".json"), os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxEntry))
}

func (s store) Save(_ context.Context, key string, entry []byte, _ time.Duration) error {
	if err := s.save(key, entry); err != nil {
		return &auth.Error{Op: "file store", Err: err}
	}
	return nil
}

func (s store) save(key string, entry []byte) (err error) {
	root, err := s.make()
	if err != nil {
		return err
	}
	defer root.Close()
	tidy(root)
	name := temporary + rand.Text()
	tmp, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = root.Remove(name)
		}
	}()
	_, err = tmp.Write(entry)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return root.Rename(name, fileName(key, ".json"))
}

// tidy removes the temporary files of processes that died while writing. The files hold tokens.
func tidy(root *os.Root) {
	files, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), temporary) || !f.Type().IsRegular() {
			continue
		}
		if info, err := f.Info(); err == nil && time.Since(info.ModTime()) > leftover {
			_ = root.Remove(f.Name())
		}
	}
}

func (s store) Lock(ctx context.Context, key string) (func(), error) {
	root, err := s.make()
	if err != nil {
		return nil, &auth.Error{Op: "file store", Err: err}
	}
	unlock, err := wait(ctx, root, fileName(key, ".lock"))
	if err != nil {
		_ = root.Close()
		return nil, &auth.Error{Op: "file store", Err: err}
	}
	return func() {
		unlock()
		_ = root.Close()
	}, nil
}

// wait takes the lock as soon as it is free.
func wait(ctx context.Context, root *os.Root, name string) (unlock func(), err error) {
	for {
		unlock, err := tryLock(root, name)
		if err != nil || unlock != nil {
			return unlock, err
		}
		timer := time.NewTimer(lockPoll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("wait for the lock: %w", ctx.Err())
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
