//go:build !unix || solaris || illumos || aix

package filestore

// tryLock returns how to unlock, or nil when somebody else holds the lock.
func tryLock(path string) (func(), error) { return tryLockFile(path) }
