//go:build unix

package filestore

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inDir makes a directory as the store would and returns the path of one of its files.
func inDir(t *testing.T, name string) (dir, path string) {
	t.Helper()
	dir = newDir(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, name)
}

// soon fails the test if f is still busy after a while, as one that waits for a pipe would be.
func soon(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting")
	}
}

func TestLock_followsNoSymbolicLink(t *testing.T) {
	for name, target := range map[string]string{"out of the directory": "../elsewhere", "inside": "elsewhere"} {
		t.Run(name, func(t *testing.T) {
			dir, lock := inDir(t, fileName("k", ".lock"))
			if err := os.Symlink(target, lock); err != nil {
				t.Fatal(err)
			}
			if a, err := New(dir).Acquire(t.Context(), "k", 0, time.Minute); a.Lease != nil || err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("got %v", err)
			}
			if _, err := os.Stat(filepath.Join(dir, target)); err == nil {
				t.Error("a file was made where the link leads")
			}
		})
	}
}

func TestLoad_followsNoSymbolicLink(t *testing.T) {
	dir, entry := inDir(t, fileName("k", ".json"))
	elsewhere := filepath.Join(dir, "elsewhere")
	if err := os.WriteFile(elsewhere, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere", entry); err != nil {
		t.Fatal(err)
	}
	if got, err := New(dir).Load(t.Context(), "k"); got.Data != nil || err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := os.ReadFile(elsewhere); string(got) != "other" || err != nil {
		t.Errorf("where the link led: %q, %v", got, err)
	}
}

func TestStore_opensNoPipe(t *testing.T) {
	dir, entry := inDir(t, fileName("k", ".json"))
	for _, path := range []string{entry, filepath.Join(dir, fileName("k", ".lock"))} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Skip("the file system of TMPDIR has no named pipes:", err)
		}
	}
	soon(t, func() {
		if got, err := New(dir).Load(t.Context(), "k"); got.Data != nil || err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("Load: %+v, %v", got, err)
		}
		if a, err := New(dir).Acquire(t.Context(), "k", 0, time.Minute); a.Lease != nil || err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("Acquire: %v", err)
		}
		if _, err := New(dir).Drop(t.Context(), "k", 1); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("Drop: %v", err)
		}
	})
}

func TestStore_refusesADirectoryThatOthersMayWriteTo(t *testing.T) {
	for mode, ok := range map[fs.FileMode]bool{
		0o700: true, 0o755: true, 0o750: true,
		0o770: false, 0o775: false, 0o707: false, 0o777: false, 0o720: false, 0o702: false, 0o777 | fs.ModeSticky: false,
	} {
		t.Run(mode.String(), func(t *testing.T) {
			dir, _ := inDir(t, "")
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
			store := New(dir)
			_, load := store.Load(t.Context(), "k")
			_, acquire := store.Acquire(t.Context(), "k", 0, time.Minute)
			_, drop := store.Drop(t.Context(), "k", 1)
			for op, err := range map[string]error{"Load": load, "Acquire": acquire, "Drop": drop} {
				switch {
				case ok && err != nil:
					t.Errorf("%s: %v", op, err)
				case !ok && (err == nil || !strings.Contains(err.Error(), (fs.ModeDir|mode).String())):
					t.Errorf("%s: got %v, want an error that names the mode", op, err)
				}
			}
			if files, err := os.ReadDir(dir); err != nil || (!ok && len(files) > 0) {
				t.Errorf("files in it: %v, %v", files, err)
			}
			// What the store makes below it is its own.
			if err := put(New(filepath.Join(dir, "tokens")), "k", "record"); err != nil {
				t.Error(err)
			}
		})
	}
}

// owned is a directory of another user's.
type owned struct {
	fs.FileInfo
	uid uint32
}

func (o owned) Sys() any { return &syscall.Stat_t{Uid: o.uid} }

func TestStore_refusesADirectoryOfAnotherUser(t *testing.T) {
	dir, _ := inDir(t, "")
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	me := uint32(os.Geteuid())
	if err := checkPrivate(dir, owned{info, me + 4711}); err == nil || !strings.Contains(err.Error(), info.Mode().String()) {
		t.Errorf("another user's: %v", err)
	}
	for _, uid := range []uint32{me, 0} {
		if err := checkPrivate(dir, owned{info, uid}); err != nil {
			t.Errorf("user %d: %v", uid, err)
		}
	}
}
