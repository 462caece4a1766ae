//go:build !unix || solaris || illumos || aix

package filestore

import "os"

// tryLock returns how to unlock, or nil when somebody else holds the lock.
func tryLock(root *os.Root, name string) (func(), error) { return tryLockFile(root, name) }
