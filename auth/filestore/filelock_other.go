//go:build !unix || solaris || illumos || aix

package filestore

import "os"

// tryLock takes the lock and returns the function that releases it. It returns nil if another
// process holds the lock.
func tryLock(root *os.Root, name string) (func(), error) { return tryLockFile(root, name) }
