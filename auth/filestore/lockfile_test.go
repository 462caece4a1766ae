package filestore

import (
	"io/fs"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const lockName = "k.lock"

// openDir opens a directory of the test's own.
func openDir(t *testing.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func mustLock(t *testing.T, root *os.Root) (unlock func()) {
	t.Helper()
	unlock, err := tryLockFile(root, lockName)
	if err != nil || unlock == nil {
		t.Fatalf("the lock is not to be had: %v", err)
	}
	return unlock
}

func wantHeld(t *testing.T, root *os.Root) {
	t.Helper()
	if unlock, err := tryLockFile(root, lockName); unlock != nil || err != nil {
		t.Fatalf("somebody else's lock was given out: %v", err)
	}
}

// age makes a file as old as one whose process has died.
func age(t *testing.T, root *os.Root, name string, d time.Duration) {
	t.Helper()
	at := time.Now().Add(-d)
	if err := root.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestLockFile_keepsHoldersApart(t *testing.T) {
	root := openDir(t)
	var (
		holders, turns atomic.Int64
		wg             sync.WaitGroup
	)
	for range 8 {
		wg.Go(func() {
			for done := 0; done < 20; {
				unlock, err := tryLockFile(root, lockName)
				if err != nil {
					t.Error(err)
					return
				}
				if unlock == nil {
					runtime.Gosched()
					continue
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d holders", n)
				}
				turns.Add(1)
				holders.Add(-1)
				unlock()
				unlock() // the second time for nothing
				done++
			}
		})
	}
	wg.Wait()
	if turns.Load() != 160 {
		t.Errorf("%d turns", turns.Load())
	}
}

func TestLockFile_unlockLeavesTheNextHolderAlone(t *testing.T) {
	root := openDir(t)
	slow := mustLock(t, root)
	wantHeld(t, root)
	age(t, root, lockName, abandoned-5*time.Second)
	wantHeld(t, root)
	wantHeld(t, root)
	age(t, root, lockName, abandoned+time.Second)
	wantHeld(t, root) // taken away, and free for the next look
	next := mustLock(t, root)
	slow()
	wantHeld(t, root)
	next()
	mustLock(t, root)()
	if files, err := fs.ReadDir(root.FS(), "."); err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestLockFile_thatChangedHandsIsPutBack(t *testing.T) {
	root := openDir(t)
	unlock := mustLock(t, root)
	looks := 0
	takeAway(root, lockName, func(string) bool { looks++; return looks == 1 }) // another's, by the second look
	wantHeld(t, root)
	unlock()
	mustLock(t, root)()
}
