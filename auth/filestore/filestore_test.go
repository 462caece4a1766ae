package filestore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

// newDir names a directory for the store to make. One of t.TempDir's own may be writable by the
// group, as the umask says.
func newDir(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "tokens")
}

func TestStore_keepsEntriesForTheOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on", "demand")
	a, b := New(dir), New(dir)
	ctx := t.Context()
	if entry, err := a.Load(ctx, "k"); entry != nil || err != nil {
		t.Errorf("empty store: got %q, %v", entry, err)
	}
	if err := a.Save(ctx, "k", []byte("one"), time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := a.Save(ctx, "k/../../other", []byte("two"), time.Hour); err != nil {
		t.Fatal(err)
	}
	if entry, err := b.Load(ctx, "k"); string(entry) != "one" || err != nil {
		t.Errorf("got %q, %v", entry, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %s", f.Name(), info.Mode())
		}
	}
}

func TestLock_keepsHoldersApart(t *testing.T) {
	store := New(newDir(t))
	var inside, most atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			unlock, err := store.Lock(t.Context(), "k")
			if err != nil {
				t.Error(err)
				return
			}
			if n := inside.Add(1); n > most.Load() {
				most.Store(n)
			}
			runtime.Gosched()
			inside.Add(-1)
			unlock()
			unlock() // a second call does nothing
		})
	}
	wg.Wait()
	if most.Load() != 1 {
		t.Errorf("%d held the lock at once", most.Load())
	}
	unlock, err := store.Lock(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 3*lockPoll)
	defer cancel()
	if _, err := store.Lock(ctx, "k"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's end", err)
	}
	if other, err := store.Lock(t.Context(), "another"); err != nil {
		t.Error(err)
	} else {
		other()
	}
}

func TestStore_thatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store := New(file) // not a directory
	if err := store.Save(t.Context(), "k", nil, 0); err == nil {
		t.Error("Save: no error")
	}
	if _, err := store.Lock(t.Context(), "k"); err == nil {
		t.Error("Lock: no error")
	}
	grant := auth.GrantFunc(func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: "t1", Expiry: time.Now().Add(time.Hour)}, nil
	})
	source, err := auth.NewTokenSource(grant, auth.WithStore(store), auth.WithName("k"))
	if err != nil {
		t.Fatal(err)
	}
	if token, err := source.Token(); err != nil || token.AccessToken != "t1" {
		t.Errorf("got %v, %v", token, err)
	}
}

func TestSave_removesWhatADeadProcessLeft(t *testing.T) {
	dir := newDir(t)
	save := func() {
		t.Helper()
		if err := New(dir).Save(t.Context(), "k", []byte("entry"), 0); err != nil {
			t.Fatal(err)
		}
	}
	save() // makes the directory
	for name, age := range map[string]time.Duration{
		".entry-dead": 2 * time.Hour, ".entry-writing": time.Minute, "not-ours": 48 * time.Hour,
	} {
		path, at := filepath.Join(dir, name), time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(path, []byte("token"), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	save()
	for name, want := range map[string]bool{".entry-dead": false, ".entry-writing": true, "not-ours": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
