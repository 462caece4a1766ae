// Package replacefile writes files such that a reader, or a restart after a crash, finds the old one
// or the new one whole.
package replacefile

import (
	"errors"
	"io/fs"
	"os"
)

// Write makes data the content of the file at path. It writes a new file, path with ".new" at the end,
// and renames it.
func Write(path string, data []byte, mode fs.FileMode) (err error) {
	fresh := path + ".new"
	// One that a killed process left is in nobody's way.
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(fresh))
		}
	}()
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}
