package filestore

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func mustLock(t *testing.T, path string) (unlock func()) {
	t.Helper()
	unlock, err := tryLockFile(path)
	if err != nil || unlock == nil {
		t.Fatalf("the lock is not to be had: %v", err)
	}
	return unlock
}

func wantHeld(t *testing.T, path string) {
	t.Helper()
	if unlock, err := tryLockFile(path); unlock != nil || err != nil {
		t.Fatalf("somebody else's lock was given out: %v", err)
	}
}

// age makes a file as old as one whose process has died.
func age(t *testing.T, path string, d time.Duration) {
	t.Helper()
	at := time.Now().Add(-d)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestLockFileKeepsHoldersApart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.lock")
	var (
		holders, turns atomic.Int64
		wg             sync.WaitGroup
	)
	for range 8 {
		wg.Go(func() {
			for done := 0; done < 20; {
				unlock, err := tryLockFile(path)
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

func TestUnlockLeavesTheLockOfTheNextHolderAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.lock")
	slow := mustLock(t, path)
	wantHeld(t, path)
	age(t, path, abandoned-5*time.Second)
	wantHeld(t, path)
	wantHeld(t, path)
	age(t, path, abandoned+time.Second)
	wantHeld(t, path) // taken away, and free for the next look
	next := mustLock(t, path)
	slow()
	wantHeld(t, path)
	next()
	mustLock(t, path)()
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestLockThatChangedHandsIsPutBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.lock")
	unlock := mustLock(t, path)
	looks := 0
	takeAway(path, func(string) bool { looks++; return looks == 1 }) // another's, by the second look
	wantHeld(t, path)
	unlock()
	mustLock(t, path)()
}

func TestFileStoreRemovesWhatADeadProcessLeft(t *testing.T) {
	dir := t.TempDir()
	for name, d := range map[string]time.Duration{".entry-dead": 2 * time.Hour, ".entry-writing": time.Minute, "not-ours": 48 * time.Hour} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("token"), 0o600); err != nil {
			t.Fatal(err)
		}
		age(t, path, d)
	}
	if err := New(dir).Save(t.Context(), "k", []byte("entry"), 0); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{".entry-dead": false, ".entry-writing": true, "not-ours": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
