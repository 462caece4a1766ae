// Package wholefile reads and writes regular files whole.
package wholefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Read returns the content of the file at path. A file that is not a regular one is refused before it
// is opened: a pipe would block, and a device need not end.
func Read(path string) ([]byte, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// Write makes data the content of the file at path, such that a reader, or a restart after a crash,
// finds the old file or the new one whole. It writes a new file, path with ".new" at the end, and
// renames it, so a symbolic link at path is replaced and what it points to stays as it was. It refuses
// to take the place of a directory, a device or the like, also where a link leads to one.
func Write(path string, data []byte, mode fs.FileMode) (err error) {
	if err := check(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
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

func check(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	return err
}
