package auth

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"
)

// sealKey returns a key that consists of one byte.
func sealKey(b byte) SecretSource {
	return StaticSecret(NewSecret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32))))
}

var (
	lastingWrite = Write{Data: []byte("a token"), TTL: time.Hour, Fresh: time.Hour}
	inAnyCase    = context.Background()
)

// saveTo saves a record, and returns its fence.
func saveTo(t *testing.T, s Store, key string, w Write) uint64 {
	t.Helper()
	r, err := s.Load(inAnyCase, key)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Acquire(inAnyCase, key, r.Fence, time.Minute)
	if err != nil || a.Lease == nil {
		t.Fatalf("got %+v, %v", a, err)
	}
	if err := a.Lease.Save(inAnyCase, w); err != nil {
		t.Fatal(err)
	}
	return a.Lease.Fence()
}

// put saves data as it is, under the newest fence.
func put(m Store, key string, data []byte) {
	m.(*memoryStore).entries[key].write.Data = data
}

func mustLoad(t *testing.T, s Store, key string) Record {
	t.Helper()
	r, err := s.Load(inAnyCase, key)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wantShut checks that the record of key does not open, and is otherwise as it was saved.
func wantShut(t *testing.T, s Store, key string, fence uint64) {
	t.Helper()
	r := mustLoad(t, s, key)
	var failure *Error
	if r.Data != nil || r.Fence != fence || !r.Fresh || !errors.As(r.Err, &failure) || failure.Hint == "" {
		t.Errorf("got %+v, want fence %d and an Err", r, fence)
	}
	a, err := s.Acquire(inAnyCase, key, 0, time.Minute)
	if err != nil || a.Record.Err == nil || a.Record.Data != nil {
		t.Errorf("Acquire got %+v, %v", a, err)
	}
}

func TestSeal_storeHoldsNoPlainText(t *testing.T) {
	m := MemoryStore()
	s := Seal(m, sealKey(1))
	fence := saveTo(t, s, "k", lastingWrite)
	if r := mustLoad(t, m, "k"); bytes.Contains(r.Data, lastingWrite.Data) || len(r.Data) == 0 {
		t.Errorf("the store holds %q", r.Data)
	}
	if r := mustLoad(t, s, "k"); string(r.Data) != "a token" || r.Fence != fence || !r.Fresh || r.Err != nil {
		t.Errorf("got %+v", r)
	}
	again := mustLoad(t, m, "k").Data
	saveTo(t, s, "k", lastingWrite)
	if bytes.Equal(mustLoad(t, m, "k").Data, again) {
		t.Error("the same data were sealed to the same bytes")
	}
}

func TestSeal_changedRecordDoesNotOpen(t *testing.T) {
	m := MemoryStore()
	s := Seal(m, sealKey(1))
	fence := saveTo(t, s, "k", lastingWrite)
	whole := mustLoad(t, m, "k").Data
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1 << (i % 8)
		put(m, "k", flipped)
		wantShut(t, s, "k", fence)
		put(m, "k", whole[:i])
		wantShut(t, s, "k", fence)
	}
	put(m, "k", append(bytes.Clone(whole), 0))
	wantShut(t, s, "k", fence)
	put(m, "k", []byte("a token"))
	wantShut(t, s, "k", fence)
}

func TestSeal_recordOfAnotherKeyDoesNotOpen(t *testing.T) {
	m := MemoryStore()
	s := Seal(m, sealKey(1))
	a, b := saveTo(t, s, "a", lastingWrite), saveTo(t, s, "b", lastingWrite)
	if a != b {
		t.Fatal("the test needs equal fences")
	}
	put(m, "b", mustLoad(t, m, "a").Data)
	wantShut(t, s, "b", b)
}

func TestSeal_olderRecordDoesNotOpen(t *testing.T) {
	m := MemoryStore()
	s := Seal(m, sealKey(1))
	saveTo(t, s, "k", lastingWrite)
	older := mustLoad(t, m, "k").Data
	fence := saveTo(t, s, "k", lastingWrite)
	put(m, "k", older)
	wantShut(t, s, "k", fence)
}

func TestSeal_firstKeySealsAndAllOpen(t *testing.T) {
	m := MemoryStore()
	older, both, newer := Seal(m, sealKey(1)), Seal(m, sealKey(2), sealKey(1)), Seal(m, sealKey(2))
	fence := saveTo(t, older, "k", lastingWrite)
	if r := mustLoad(t, both, "k"); string(r.Data) != "a token" {
		t.Errorf("got %+v", r)
	}
	wantShut(t, newer, "k", fence)
	fence = saveTo(t, both, "k", lastingWrite)
	if r := mustLoad(t, newer, "k"); string(r.Data) != "a token" {
		t.Errorf("got %+v", r)
	}
	wantShut(t, older, "k", fence)
}

func TestSeal_keyIsReadAtEachUse(t *testing.T) {
	current := sealKey(1)
	s := Seal(MemoryStore(), func(ctx context.Context) (Secret, error) { return current(ctx) })
	fence := saveTo(t, s, "k", lastingWrite)
	current = sealKey(2)
	wantShut(t, s, "k", fence)
	current = sealKey(1)
	if r := mustLoad(t, s, "k"); string(r.Data) != "a token" {
		t.Errorf("got %+v", r)
	}
}

func TestSeal_storesNothingWithoutAKey(t *testing.T) {
	missing := errors.New("no such secret")
	short := base64.StdEncoding.EncodeToString(make([]byte, 31))
	for name, keys := range map[string][]SecretSource{
		"none":         nil,
		"nil":          {nil},
		"empty":        {StaticSecret(Secret{})},
		"too short":    {StaticSecret(NewSecret(short))},
		"a password":   {StaticSecret(NewSecret(strings.Repeat("hunter2 ", 4)))},
		"missing":      {func(context.Context) (Secret, error) { return Secret{}, missing }},
		"second wrong": {sealKey(1), StaticSecret(NewSecret(short))},
	} {
		m := MemoryStore()
		s := Seal(m, keys...)
		if _, err := s.Load(inAnyCase, "k"); err == nil {
			t.Errorf("%s: Load returned no error", name)
		}
		a, err := s.Acquire(inAnyCase, "k", 0, time.Minute)
		if err == nil || a.Lease != nil {
			t.Errorf("%s: Acquire got %+v, %v", name, a, err)
		}
		if err != nil && (strings.Contains(err.Error(), short) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: the error quotes the key: %v", name, err)
		}
		if a, err := m.Acquire(inAnyCase, "k", 0, time.Minute); err != nil || a.Lease == nil {
			t.Errorf("%s: the lease was taken in vain", name)
		}
	}
}

func TestSeal_keyThatVanishesBeforeTheSave(t *testing.T) {
	m := MemoryStore()
	current := sealKey(1)
	s := Seal(m, func(ctx context.Context) (Secret, error) { return current(ctx) })
	a, err := s.Acquire(inAnyCase, "k", 0, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	current = StaticSecret(Secret{})
	if err := a.Lease.Save(inAnyCase, lastingWrite); !errors.Is(err, ErrInvalidConfig) {
		t.Errorf("got %v", err)
	}
	if r := mustLoad(t, m, "k"); r.Fence != 0 {
		t.Errorf("the store holds %q", r.Data)
	}
}

func TestSeal_watchesIfItsStoreDoes(t *testing.T) {
	if _, ok := Seal(MemoryStore(), sealKey(1)).(Watcher); !ok {
		t.Error("Seal hides the Watcher")
	}
	if _, ok := Seal(struct{ Store }{MemoryStore()}, sealKey(1)).(Watcher); ok {
		t.Error("Seal makes up a Watcher")
	}
}
