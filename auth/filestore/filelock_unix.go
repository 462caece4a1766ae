//go:build unix && !solaris && !illumos && !aix

package filestore

import (
	"errors"
	"os"
	"sync"
	"syscall"
)

// tryLock returns how to unlock, or nil when somebody else holds the lock. The lock belongs to the open file, so
// it keeps two goroutines of one process apart as well as two processes.
func tryLock(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case err == nil && !isAt(f, path):
		// Somebody has removed the file, and somebody else may hold the one that is there now.
		return nil, f.Close()
	case err == nil:
		return sync.OnceFunc(func() { _ = f.Close() }), nil
	case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, syscall.EINTR):
		return nil, f.Close()
	}
	_ = f.Close()
	return nil, err
}

// isAt reports whether f is the file at path.
func isAt(f *os.File, path string) bool {
	here, err1 := f.Stat()
	there, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(here, there)
}
