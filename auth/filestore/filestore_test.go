package filestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/auth/storetest"
)

// newDir names a directory for the store to make. One of t.TempDir's own may be writable by the
// group, as the umask says.
func newDir(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "tokens")
}

// put saves a record of a minute.
func put(s auth.Store, key, data string) error {
	ctx := context.Background()
	r, err := s.Load(ctx, key)
	if err != nil {
		return err
	}
	a, err := s.Acquire(ctx, key, r.Fence, time.Minute)
	if err != nil {
		return err
	}
	return a.Lease.Save(ctx, auth.Write{Data: []byte(data), TTL: time.Minute, Fresh: time.Minute})
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) auth.Store { return New(newDir(t)) })
}

func TestStore_withLockFilesInsteadOfAdvisoryLocks(t *testing.T) {
	storetest.Run(t, func(t *testing.T) auth.Store { return store{newDir(t), tryLockFile} })
}

func TestStore_keepsRecordsForTheOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on", "demand")
	a, b := New(dir), New(dir)
	if r, err := a.Load(t.Context(), "k"); r.Fence != 0 || err != nil {
		t.Errorf("empty store: got %+v, %v", r, err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("Load made the directory")
	}
	if err := errors.Join(put(a, "k", "one"), put(a, "k/../../other", "two")); err != nil {
		t.Fatal(err)
	}
	if r, err := b.Load(t.Context(), "k"); string(r.Data) != "one" || err != nil {
		t.Errorf("got %+v, %v", r, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 4 { // a record and a lock for each
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

func TestLock_thatIsHeldIsWaitedForUntilTheContextEnds(t *testing.T) {
	dir := newDir(t)
	s := New(dir)
	if err := put(s, "k", "record"); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	unlock, err := tryLock(root, fileName("k", ".lock"))
	if err != nil || unlock == nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*lockPoll)
	defer cancel()
	if _, err := s.Drop(ctx, "k", 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's end", err)
	}
	if r, err := s.Load(ctx, "k"); string(r.Data) != "record" || err != nil {
		t.Errorf("a reader got %+v, %v", r, err)
	}
	if err := put(s, "another", "record"); err != nil {
		t.Error(err)
	}
	unlock()
	unlock() // a second call does nothing
	if err := put(s, "k", "newer"); err != nil {
		t.Error(err)
	}
}

func TestStore_thatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store := New(file) // not a directory
	if _, err := store.Acquire(t.Context(), "k", 0, time.Minute); err == nil {
		t.Error("Acquire: no error")
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
		if err := put(New(dir), "k", "record"); err != nil {
			t.Fatal(err)
		}
	}
	save() // makes the directory
	for name, age := range map[string]time.Duration{
		".entry-dead": 2 * time.Hour, ".entry-writing": time.Minute, "not-ours": 9999 * time.Hour, "old.json": 9999 * time.Hour, "new.json": 48 * time.Hour,
	} {
		path, at := filepath.Join(dir, name), time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(path, []byte("token"), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	save()
	for name, want := range map[string]bool{".entry-dead": false, ".entry-writing": true, "not-ours": true, "old.json": false, "new.json": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFile_thatIsDamagedIsReplaced(t *testing.T) {
	dir := newDir(t)
	s := New(dir)
	path := filepath.Join(dir, fileName("k", ".json"))
	if err := put(s, "k", "record"); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damage := map[string][]byte{"emptied": nil, "cut": good[:len(good)-1], "begun": good[:10], "longer": append(bytes.Clone(good), 'x')}
	for i := range good {
		flipped := bytes.Clone(good)
		flipped[i] ^= 1 << (i % 8)
		damage[fmt.Sprint("flipped at ", i)] = flipped
	}
	for name, content := range damage {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := s.Load(t.Context(), "k")
		if err != nil || r.Err == nil || r.Data != nil || r.Fresh || r.Fence == 0 {
			t.Errorf("%s: got %+v, %v", name, r, err)
		}
		a, err := s.Acquire(t.Context(), "k", 0, time.Minute)
		if err != nil || a.Lease == nil || a.Record.Err == nil {
			t.Fatalf("%s: got %+v, %v", name, a, err)
		}
		if err := a.Lease.Save(t.Context(), auth.Write{Data: []byte("newer"), TTL: time.Minute}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if r, err := s.Load(t.Context(), "k"); string(r.Data) != "newer" || r.Err != nil || err != nil {
			t.Errorf("%s: got %+v, %v", name, r, err)
		}
	}
}

func TestClock_thatIsSetBack(t *testing.T) {
	now := time.Now()
	st := state{}
	st.grant(time.Minute, now)
	if _, denied := st.attempt(0, now.Add(-time.Hour)); denied {
		t.Error("the lease is held for an hour")
	}
	if _, denied := st.attempt(0, now.Add(-time.Millisecond)); !denied {
		t.Error("the lease is lost by an adjustment")
	}
	st = state{Latest: 9, Fence: 9, Saved: now.UnixMicro(), TTL: time.Hour.Microseconds(), Fresh: time.Minute.Microseconds(), data: []byte("record")}
	if r := st.record(now.Add(-time.Hour)); r.Fresh || r.Age != time.Minute || string(r.Data) != "record" {
		t.Errorf("got %+v", r)
	}
	if r := st.record(now.Add(-time.Millisecond)); !r.Fresh || r.Age != 0 {
		t.Errorf("after an adjustment: got %+v", r)
	}
	if fence := st.grant(time.Minute, time.Unix(0, 0)); fence != 10 {
		t.Errorf("the fence %d comes after 9", fence)
	}
}

// A key whose files were removed gets no smaller fences than before.
func TestFence_growsWhenFilesAreRemoved(t *testing.T) {
	dir := newDir(t)
	s := New(dir)
	var last uint64
	for range 5 {
		if err := put(s, "k", "record"); err != nil {
			t.Fatal(err)
		}
		r, err := s.Load(t.Context(), "k")
		if err != nil || r.Fence <= last {
			t.Errorf("the fence %d comes after %d, %v", r.Fence, last, err)
		}
		last = r.Fence
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzState(f *testing.F) {
	st := state{Latest: 7, Holder: 7, Since: 1, Until: 2, Fence: 6, Saved: 1, TTL: 3, Fresh: 2, data: []byte("record\n")}
	f.Add(st.encode()[checksumLength:])
	f.Add([]byte(`{"saved":-9223372036854775808,"ttl":9223372036854775807,"fence":1}` + "\n"))
	f.Add([]byte(`{"saved":-8073372036854765808,"ttl":9223372036854770807,"fence":1}` + "\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		st := decode(append([]byte(checksum(content)), content...))
		now := time.Now()
		if r := st.record(now); r.Age < 0 || r.Err == nil && r.Fence == 0 && r.Fresh {
			t.Errorf("%q became %+v", content, r)
		}
		a, denied := st.attempt(0, now)
		if a.Busy < 0 || !denied && a.Busy != 0 {
			t.Errorf("%q: %+v, %v", content, a, denied)
		}
		if fence := st.grant(time.Minute, now); fence <= damagedFence || !bytes.Equal(st.data, decode(st.encode()).data) {
			t.Errorf("%q: fence %d", content, fence)
		}
	})
}
