// Package wholefile reads and writes regular files whole.
package wholefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Read returns the content of the regular file at path. It refuses any other file without opening
// it: opening a pipe would block, and a device may never end.
func Read(path string) ([]byte, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// Write replaces the content of the file at path with data. A reader, or a restart after a crash,
// finds either the old file or the new one, never a part. Write writes a new file, named path with
// the suffix ".new", and renames it. So it replaces a symbolic link at path, and leaves the link's
// target unchanged. It refuses to replace a directory, a device or the like, also behind a link.
func Write(path string, data []byte, mode fs.FileMode) (err error) {
	if err := check(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fresh := path + ".new"
	// A killed process may have left this file behind.
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

func check(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	return err
}
