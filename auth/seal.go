package auth

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Seal returns a Store that encrypts what store keeps, with AES-256-GCM. It is a [Watcher] if store
// is one.
//
// Each key is 32 random bytes in base64, such as "openssl rand -base64 32" prints. The first key
// seals, and every key opens. So to rotate a key, first append the new one in all processes, then
// move it to the front, and remove the old one when no record is sealed with it any more. Keys are
// asked for at each use of the store, so a mounted file that changes takes effect at once. If one
// cannot be had, the store counts as broken: Seal never stores plain text.
//
// A record opens only under the key and with the fence that it was saved with. So a record that was
// copied from another key, or put back after a newer one, does not open. Otherwise Seal returns the
// record without Data and with Err set. Fences and ages themselves are not protected: a process
// that can write to the store can delay a renewal, or cause one more request to the vendor.
//
// The names of keys stay readable. They hold neither a secret nor a token.
func Seal(store Store, keys ...SecretSource) Store {
	s := &sealed{store: store, keys: slices.Clone(keys)}
	if w, ok := store.(Watcher); ok {
		return &sealedWatcher{s, w}
	}
	return s
}

type sealed struct {
	store Store
	keys  []SecretSource
}

type sealedWatcher struct {
	*sealed
	Watcher
}

// sealVersion begins a sealed record, and is authenticated too.
const sealVersion = 1

// ciphers returns the cipher of each key.
func (s *sealed) ciphers(ctx context.Context) ([]cipher.AEAD, error) {
	if len(s.keys) == 0 {
		return nil, sealError("Seal was given no key")
	}
	list := make([]cipher.AEAD, 0, len(s.keys))
	for i, source := range s.keys {
		if source == nil {
			return nil, sealError("key %d is nil", i+1)
		}
		secret, err := source(ctx)
		if err != nil {
			return nil, err
		}
		// The error of encoding/base64 tells nothing that the length does not.
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(secret.Reveal()))
		if err != nil || len(key) != 32 {
			return nil, sealError("key %d is not 32 bytes in base64", i+1)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		list = append(list, gcm)
	}
	return list, nil
}

func sealError(format string, args ...any) error {
	return &Error{Op: "seal the store", Kind: ErrInvalidConfig, Err: fmt.Errorf(format, args...),
		Hint: "make a key with: openssl rand -base64 32"}
}

// bound returns what a sealed record is bound to.
func bound(key string, fence uint64) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{sealVersion}, fence), key...)
}

// open opens the data of r, or else sets its Err.
func open(ciphers []cipher.AEAD, key string, r Record) Record {
	data := r.Data
	r.Data = nil
	if r.Fence == 0 || r.Err != nil {
		return r
	}
	if len(data) > 0 && data[0] == sealVersion {
		for _, c := range ciphers {
			if plain, err := c.Open(nil, nil, data[1:], bound(key, r.Fence)); err == nil {
				r.Data = plain
				return r
			}
		}
	}
	r.Err = &Error{Op: "open the stored record", Err: errors.New("none of the keys opens it"),
		Hint: "give all processes the same keys; if they have them, somebody has changed the record"}
	return r
}

// Load implements Store.
func (s *sealed) Load(ctx context.Context, key string) (Record, error) {
	ciphers, err := s.ciphers(ctx)
	if err != nil {
		return Record{}, err
	}
	r, err := s.store.Load(ctx, key)
	if err != nil {
		return Record{}, err
	}
	return open(ciphers, key, r), nil
}

// Acquire implements Store.
func (s *sealed) Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (Attempt, error) {
	ciphers, err := s.ciphers(ctx) // first: a lease is useless without a key to save with
	if err != nil {
		return Attempt{}, err
	}
	a, err := s.store.Acquire(ctx, key, have, ttl)
	if err != nil {
		return Attempt{}, err
	}
	a.Record = open(ciphers, key, a.Record)
	if a.Lease != nil {
		a.Lease = &sealedLease{a.Lease, s, key}
	}
	return a, nil
}

// Drop implements Store.
func (s *sealed) Drop(ctx context.Context, key string, fence uint64) (bool, error) {
	return s.store.Drop(ctx, key, fence)
}

type sealedLease struct {
	Lease
	store *sealed
	key   string
}

// Save implements Lease.
func (l *sealedLease) Save(ctx context.Context, w Write) error {
	ciphers, err := l.store.ciphers(ctx)
	if err != nil {
		return err
	}
	w.Data = ciphers[0].Seal([]byte{sealVersion}, nil, w.Data, bound(l.key, l.Fence()))
	return l.Lease.Save(ctx, w)
}
