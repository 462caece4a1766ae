//go:build !unix || solaris || illumos || aix

package auth

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// abandoned is the age at which a lock file counts as left behind. A request takes half of that at most.
const abandoned = time.Minute

// tryLock returns how to unlock, or nil when somebody else holds the lock.
func tryLock(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return sync.OnceFunc(func() { _ = os.Remove(path) }), f.Close()
	}
	if !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrPermission) {
		return nil, err
	}
	if info, statErr := os.Stat(path); statErr == nil && time.Since(info.ModTime()) > abandoned {
		_ = os.Remove(path)
	}
	return nil, nil
}
