package filestore

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// abandoned is the age at which a lock file counts as left behind: twice the default request timeout. A holder with a
// longer one that needs it loses the lock while it goes on, and two processes then ask the vendor; its unlock leaves
// the other's lock alone.
const abandoned = 2 * auth.DefaultRequestTimeout

// tryLockFile is tryLock for systems without advisory locks: whoever makes the file holds the lock. It has no build tag
// so that it is tested everywhere.
func tryLockFile(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrPermission): // Windows says so of a file that is being removed
		takeAway(path, func(path string) bool {
			info, err := os.Stat(path)
			return err == nil && time.Since(info.ModTime()) > abandoned
		})
		return nil, nil
	case err != nil:
		return nil, err
	}
	owner := rand.Text()
	_, err = f.WriteString(owner)
	unlock := func() {
		takeAway(path, func(path string) bool {
			found, err := os.ReadFile(path)
			return err == nil && string(found) == owner
		})
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path)
		return nil, err
	}
	return sync.OnceFunc(unlock), nil
}

// takeAway removes the file at path if it is the one that is meant. Between the look and the removal another process
// may have put its own there, so the file is moved aside first, where nobody else comes by, and looked at again.
func takeAway(path string, meant func(path string) bool) {
	if !meant(path) {
		return
	}
	aside := filepath.Join(filepath.Dir(path), temporary+rand.Text())
	if os.Rename(path, aside) != nil {
		return
	}
	if meant(aside) {
		_ = os.Remove(aside)
	} else {
		_ = os.Rename(aside, path)
	}
}
