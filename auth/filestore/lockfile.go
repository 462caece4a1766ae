package filestore

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// abandoned is the age at which a lock file counts as left behind. It is held for the time of one
// write. The unlock of a holder that took longer does not remove another's lock file.
const abandoned = 10 * time.Second

// tryLockFile is tryLock for systems without advisory locks: the process that makes the file holds
// the lock. It has no build tag, so that it is tested on every system.
func tryLockFile(root *os.Root, name string) (func(), error) {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrPermission): // Windows: the file is being removed
		takeAway(root, name, func(name string) bool {
			info, err := root.Lstat(name)
			return err == nil && time.Since(info.ModTime()) > abandoned
		})
		return nil, nil
	case err != nil:
		return nil, err
	}
	owner := rand.Text()
	_, err = f.WriteString(owner)
	unlock := func() {
		takeAway(root, name, func(name string) bool {
			f, err := openRegular(root, name, os.O_RDONLY)
			if err != nil {
				return false
			}
			defer f.Close()
			found := make([]byte, len(owner)+1)
			n, _ := f.Read(found)
			return string(found[:n]) == owner
		})
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = root.Remove(name)
		return nil, err
	}
	return sync.OnceFunc(unlock), nil
}

// takeAway removes the named file if meant accepts it. Another process may replace the file after
// that check, so takeAway moves it aside and checks again.
func takeAway(root *os.Root, name string, meant func(name string) bool) {
	if !meant(name) {
		return
	}
	aside := temporary + rand.Text()
	if root.Rename(name, aside) != nil {
		return
	}
	if meant(aside) {
		_ = root.Remove(aside)
	} else {
		_ = root.Rename(aside, name)
	}
}
