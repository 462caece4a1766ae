//go:build unix

package filestore

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// othersWrite are the permissions that let others replace the files of a directory. A sticky
// directory is no exception: others can make a file before its owner does.
const othersWrite = 0o022

// checkPrivate returns an error if another user may write to the directory. The mode covers access
// control lists too, since the group bits hold their mask.
func checkPrivate(dir string, info fs.FileInfo) error {
	const remedy = "name a directory below it, which the store makes for its owner only"
	if info.Mode()&othersWrite != 0 {
		return fmt.Errorf("%s has mode %s (%04o), so others may replace tokens in it: %s, or take the write permission away",
			dir, info.Mode(), info.Mode().Perm(), remedy)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() && stat.Uid != 0 {
		return fmt.Errorf("%s has mode %s and belongs to user %d, who may replace tokens in it: %s",
			dir, info.Mode(), stat.Uid, remedy)
	}
	return nil
}
