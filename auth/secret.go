package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/finsdk/finsdk-go/internal/redact"
)

// redacted replaces a secret in printed text.
const redacted = redact.Redacted

// Secret is a client secret, password or token that never prints itself. fmt with any verb,
// log/slog and every encoder write "[redacted]" instead. Code that walks through values by
// reflection, such as a dumper or a test's diff, finds no string in it. [Secret.Reveal] returns the
// value.
//
// The zero Secret is empty. A Secret decodes from JSON, XML, YAML and the like as a string does.
// The output of an encoder decodes to "[redacted]", which a Config refuses as its secret.
//
// Secrets do not compare with ==; use [Secret.Equal].
type Secret struct {
	// A function, because printers, dumpers and encoders stop at one.
	reveal func() string
}

// NewSecret returns a Secret that holds s.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return s }}
}

// Reveal returns the value. Its name makes the places that use one easy to search for.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether s is empty.
func (s Secret) IsZero() bool { return s.reveal == nil }

// Equal reports whether s and t hold the same value. Its duration does not depend on where they
// differ.
func (s Secret) Equal(t Secret) bool {
	a, b := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(t.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// GoString returns "[redacted]", for %#v.
func (s Secret) GoString() string { return redacted }

// Format prints "[redacted]" for every verb, %x and %q included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns "[redacted]" for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]", for encoders such as encoding/json, encoding/xml and YAML ones.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalBinary returns "[redacted]", for encoders such as encoding/gob.
func (s Secret) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText makes s hold text.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// UnmarshalBinary makes s hold data.
func (s *Secret) UnmarshalBinary(data []byte) error { return s.UnmarshalText(data) }

// fingerprint returns a value that tells secrets apart without revealing them. The empty string
// means no secret.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return string(sum[:16])
}

// A SecretSource returns the current secret. It is called for every request to the token endpoint,
// so that a rotated secret takes effect without a restart. It must be safe for use by several
// goroutines, and should return before ctx is done. It must not ask the TokenSource that calls it
// for a token: with ctx, or a context made from it, that is [ErrInvalidConfig]; with any other
// context it waits until ctx is done.
type SecretSource func(ctx context.Context) (Secret, error)

// MarshalText returns "[redacted]", or nothing if f is nil, so that encoders can write a struct
// with a SecretSource.
func (f SecretSource) MarshalText() ([]byte, error) {
	if f == nil {
		return nil, nil
	}
	return []byte(redacted), nil
}

// UnmarshalText makes f nil. Text other than what MarshalText returns is an error.
func (f *SecretSource) UnmarshalText(text []byte) error {
	if s := string(text); s != "" && s != redacted {
		return errors.New("a SecretSource is a function, which no text describes")
	}
	*f = nil
	return nil
}

// StaticSecret is a SecretSource that always returns s.
func StaticSecret(s Secret) SecretSource {
	return func(context.Context) (Secret, error) { return s, nil }
}

// maxSecretFile is far above any client secret or password. It keeps a wrong path from filling the
// memory.
const maxSecretFile = 64 << 10

// FileSecret returns a SecretSource that reads the file at path at each call. A file that is
// replaced by rename, as Kubernetes does with mounted secrets, takes effect with the next request.
// One line break at the end of the file is not part of the secret; everything else is, spaces
// included.
//
// The file must be a regular one, not empty, of at most 64 KiB. Errors are [ErrInvalidConfig] and
// name the path.
func FileSecret(path string) SecretSource {
	return func(context.Context) (Secret, error) {
		s, err := readSecretFile(path)
		if err != nil {
			return Secret{}, &Error{Op: "read the secret", Kind: ErrInvalidConfig, Err: err,
				Hint: "mount the secret at that path, readable by this process"}
		}
		return s, nil
	}
}

func readSecretFile(path string) (Secret, error) {
	if path == "" {
		return Secret{}, errors.New("secret file: the path is empty")
	}
	info, err := os.Stat(path)
	if err != nil {
		return Secret{}, fmt.Errorf("secret file: %w", err)
	}
	// Reading a FIFO or a device would block for ever.
	if !info.Mode().IsRegular() {
		return Secret{}, fmt.Errorf("secret file %s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return Secret{}, fmt.Errorf("secret file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	switch {
	case err != nil:
		return Secret{}, fmt.Errorf("secret file: %w", err)
	case len(data) > maxSecretFile:
		return Secret{}, fmt.Errorf("secret file %s: larger than %d bytes", path, maxSecretFile)
	}
	text, ok := strings.CutSuffix(string(data), "\r\n")
	if !ok {
		text = strings.TrimSuffix(text, "\n")
	}
	if strings.TrimSpace(text) == "" {
		return Secret{}, fmt.Errorf("secret file %s: empty", path)
	}
	return NewSecret(text), nil
}
