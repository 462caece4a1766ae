// Package filestore keeps tokens in files, for processes on one machine that share them.
package filestore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// lockPoll is how often a waiting process looks whether the lock is free.
const lockPoll = 20 * time.Millisecond

// New returns a Store that keeps its entries as files in dir, for processes on one machine: commands that live
// shorter than a token, or several workers. Its files are readable by their owner only, and so is dir if the store
// makes it; a dir that is there keeps its mode, so whoever may write to it may replace an entry. An entry is replaced
// by rename, so that a reader never sees half of one; what a process that died meanwhile has left is removed by a
// later one.
//
// The lock of a key is an advisory file lock that ends with its process, where the system has those (Unix);
// elsewhere a lock file that counts as abandoned after a minute. dir should be on a local disk.
func New(dir string) auth.Store { return store{dir} }

// temporary is how the names of files begin that are there for a moment only, or for ever if the process dies then.
const temporary = ".entry-"

// leftover is the age at which such a file is removed, far above what writing one takes.
const leftover = time.Hour

type store struct{ dir string }

// path names a key's file. Keys hold URLs and user names, which file names should not show.
func (s store) path(key, suffix string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:16])+suffix)
}

func (s store) Load(_ context.Context, key string) ([]byte, error) {
	f, err := os.Open(s.path(key, ".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("file store: %w", err)
	}
	defer f.Close()
	// An entry is a token response; whatever is larger is none.
	entry, err := io.ReadAll(io.LimitReader(f, 4<<20))
	if err != nil {
		return nil, fmt.Errorf("file store: %w", err)
	}
	return entry, nil
}

func (s store) Save(_ context.Context, key string, entry []byte, _ time.Duration) error {
	if err := s.save(key, entry); err != nil {
		return fmt.Errorf("file store: %w", err)
	}
	return nil
}

func (s store) save(key string, entry []byte) (err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	s.tidy()
	// CreateTemp makes the file with mode 0600.
	tmp, err := os.CreateTemp(s.dir, temporary+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(entry)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), s.path(key, ".json"))
}

// tidy removes what processes have left behind that died while they wrote: there are tokens in it.
func (s store) tidy() {
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), temporary) || !f.Type().IsRegular() {
			continue
		}
		if info, err := f.Info(); err == nil && time.Since(info.ModTime()) > leftover {
			_ = os.Remove(filepath.Join(s.dir, f.Name()))
		}
	}
}

func (s store) Lock(ctx context.Context, key string) (func(), error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, fmt.Errorf("file store: %w", err)
	}
	for {
		unlock, err := tryLock(s.path(key, ".lock"))
		if err != nil {
			return nil, fmt.Errorf("file store: %w", err)
		}
		if unlock != nil {
			return unlock, nil
		}
		timer := time.NewTimer(lockPoll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("file store: wait for the lock: %w", ctx.Err())
		}
	}
}
