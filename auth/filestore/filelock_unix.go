//go:build unix && !solaris && !illumos && !aix

package filestore

import (
	"errors"
	"os"
	"sync"
	"syscall"
)

// tryLock takes the lock and returns the function that releases it. It returns nil if the lock is
// held. The lock belongs to the open file, so it excludes other goroutines of this process as well
// as other processes.
func tryLock(root *os.Root, name string) (func(), error) {
	f, err := openRegular(root, name, os.O_RDWR|os.O_CREATE)
	if errors.Is(err, os.ErrExist) {
		return nil, nil // another process made it meanwhile
	}
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case err == nil && !isAt(f, root, name):
		// The file was removed, and another process may hold the lock of its replacement.
		return nil, f.Close()
	case err == nil:
		return sync.OnceFunc(func() { _ = f.Close() }), nil
	case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, syscall.EINTR):
		return nil, f.Close()
	}
	_ = f.Close()
	return nil, err
}

// isAt reports whether f is the named file.
func isAt(f *os.File, root *os.Root, name string) bool {
	here, err1 := f.Stat()
	there, err2 := root.Lstat(name)
	return err1 == nil && err2 == nil && os.SameFile(here, there)
}
