package accounts

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// overlap is how long OneFinOps lets a replaced secret work beside the new one.
const overlap = 24 * time.Hour

// RotateSecret gives a client a new secret.
func (b *Book) RotateSecret(v vendors.Vendor, clientID string, now time.Time) (auth.Secret, error) {
	var random [24]byte
	_, _ = rand.Read(random[:]) // never fails
	fresh := auth.NewSecret(base64.RawURLEncoding.EncodeToString(random[:]))
	found := false
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, rm := range b.realms[v] {
		known := rm.clients[clientID]
		if known == nil || known.Public {
			continue
		}
		found = true
		for _, old := range known.secrets {
			b.retire(old.value)
		}
		kept := []liveSecret{{value: fresh}}
		if v == vendors.OneFinOps {
			// A third secret never works: the second rotation ends the first one's overlap.
			kept = append(kept, liveSecret{known.secrets[0].value, now.Add(overlap)})
		}
		known.secrets = kept
	}
	if !found {
		return auth.Secret{}, fmt.Errorf("%s has no client %q with a secret", v, clientID)
	}
	return fresh, nil
}

// maxRetired is how many replaced secrets a Book remembers.
const maxRetired = 1000

// retire remembers a secret that is replaced.
func (b *Book) retire(secret auth.Secret) {
	b.retired = append(b.retired, secret.Reveal())
	if len(b.retired) > maxRetired {
		b.retired = slices.Clone(b.retired[len(b.retired)/4:])
	}
}

// SetPassword changes a finAPI user's password. Sessions go on, as with a Keycloak.
func (b *Book) SetPassword(mandator, username string, password auth.Secret) error {
	return b.changeUser(mandator, username, func(u *LiveUser) {
		b.retire(u.Password)
		u.Password = password
	})
}

// DisableUser disables a finAPI user, or enables it again.
func (b *Book) DisableUser(mandator, username string, disabled bool) error {
	return b.changeUser(mandator, username, func(u *LiveUser) { u.Disabled = disabled })
}

func (b *Book) changeUser(mandator, username string, change func(*LiveUser)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if rm := b.mandator(mandator); rm != nil && rm.users[username] != nil {
		change(rm.users[username])
		return nil
	}
	return fmt.Errorf("mandator %q has no user %q", cmp.Or(mandator, Mandator), username)
}

// DisableClient disables a vendor's client, or enables it again.
func (b *Book) DisableClient(v vendors.Vendor, clientID string, disabled bool) error {
	found := false
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, rm := range b.realms[v] {
		if known := rm.clients[clientID]; known != nil {
			known.Disabled, found = disabled, true
		}
	}
	if !found {
		return fmt.Errorf("%s has no client %q", v, clientID)
	}
	return nil
}

// RevokeBefore sets a realm's not-before policy: tokens issued before t are refused. The zero time
// removes it.
func (b *Book) RevokeBefore(v vendors.Vendor, realm string, t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if rm := b.realms[v][realm]; rm != nil {
		rm.notBefore = t
	}
}

// NotBefore returns a realm's not-before policy as a Unix time, or 0 without one.
func (b *Book) NotBefore(rm *Realm) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return rm.policy()
}
