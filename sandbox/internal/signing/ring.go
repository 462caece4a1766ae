package signing

import (
	"errors"
	"sync"

	"github.com/golang-jwt/jwt/v5"
)

// A Ring holds a vendor's keys: the first signs, the others are still published. The first is made
// when it is first asked for. A Ring is safe for concurrent use.
type Ring struct {
	// Keep is called with new keys before anybody sees them. It may be nil.
	Keep func()

	making sync.Mutex // held while new keys are put in and kept; it is taken before mu
	mu     sync.Mutex // guards keys
	keys   []*Key
}

// All returns the keys, the signing one first.
func (r *Ring) All() []*Key {
	r.making.Lock()
	defer r.making.Unlock()
	return r.begun()
}

// begun makes the first key unless there is one. The caller holds making.
func (r *Ring) begun() []*Key {
	if len(r.Made()) == 0 {
		r.replace([]*Key{New()})
	}
	return r.Made()
}

// replace changes the keys. making is held.
func (r *Ring) replace(keys []*Key) {
	r.Restore(keys)
	if r.Keep != nil {
		r.Keep()
	}
}

// Made returns the keys that there are already.
func (r *Ring) Made() []*Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys
}

// Restore puts in keys that were kept.
func (r *Ring) Restore(keys []*Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = keys
}

// Signing returns the key that signs.
func (r *Ring) Signing() *Key { return r.All()[0] }

// Roll puts a new key in front. If keep is set, the old ones stay.
func (r *Ring) Roll(keep bool) {
	k := New()
	r.making.Lock()
	defer r.making.Unlock()
	var old []*Key
	if keep {
		old = r.begun()
	}
	r.replace(append([]*Key{k}, old...))
}

// find returns the key that a token names, or all keys if it names none.
func (r *Ring) find(t *jwt.Token) (any, error) {
	keys := r.All()
	id, named := t.Header["kid"].(string)
	if !named {
		// FinCalc's tokens name no key.
		set := jwt.VerificationKeySet{}
		for _, k := range keys {
			set.Keys = append(set.Keys, k.Public())
		}
		return set, nil
	}
	for _, k := range keys {
		if id == k.ID {
			return k.Public(), nil
		}
	}
	return nil, errors.New("no such key")
}
