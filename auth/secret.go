package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// redacted stands wherever a secret would have been printed.
const redacted = "[redacted]"

// Secret is a credential that never prints itself: fmt with any verb, log/slog, encoding/json and every
// encoder that asks for MarshalText show "[redacted]" in its place; encoding/gob refuses it. Convert it with string(s)
// or call [Secret.Reveal] where the value itself is wanted.
//
// A Secret decodes from JSON like the string that it is.
//
// Two places are out of its reach: encoding/json shows it as a map's key, and fmt shows what it finds in unexported
// fields of a struct without asking it. A struct that keeps a Secret in such a field has a Format method of its own,
// as the Configs of this module do.
type Secret string

// Reveal returns the value. It has a name of its own so that the places that need one can be searched for.
func (s Secret) Reveal() string { return string(s) }

// String returns a fixed text in place of the value.
func (s Secret) String() string { return redacted }

// GoString returns a fixed text in place of the value, for %#v.
func (s Secret) GoString() string { return redacted }

// Format prints a fixed text for every verb, %x and %q included, which String alone would not cover.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue keeps the value out of log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps the value out of encoders such as encoding/json, encoding/xml and YAML ones.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// GobEncode returns an error: what is written by encoding/gob is meant to be read again, and a fixed text in place of a
// secret would come back as the secret.
func (s Secret) GobEncode() ([]byte, error) {
	return nil, errors.New("a Secret is not encoded: write what Reveal returns, if that is meant")
}

// fingerprint tells two secrets apart without holding either of them. The empty string means "none".
func (s Secret) fingerprint() string {
	sum := sha256.Sum256([]byte("finsdk secret\x00" + string(s)))
	return string(sum[:16])
}

// A SecretSource hands out the current secret. It is asked again at every request to the token endpoint, so
// that a rotated secret is picked up without a restart. It must be safe for use by several goroutines, and
// should return before ctx is done.
type SecretSource func(ctx context.Context) (Secret, error)

// StaticSecret is a SecretSource that always returns s.
func StaticSecret(s Secret) SecretSource {
	return func(context.Context) (Secret, error) { return s, nil }
}

// maxSecretFile is far above any client secret or password, and keeps a wrong path from filling the memory.
const maxSecretFile = 64 << 10

// FileSecret is a SecretSource that reads the file at path anew each time that it is asked, so that a file
// replaced by rename, as Kubernetes does with mounted secrets, counts from the next request on. One line break
// at the end of the file is not part of the secret; everything else is, spaces included.
//
// The file must be a regular one, not empty, at most 64 KiB. Errors are [ErrInvalidConfig] and name the path.
func FileSecret(path string) SecretSource {
	return func(context.Context) (Secret, error) {
		s, err := readSecretFile(path)
		if err != nil {
			return "", &Error{Op: "read the secret", Kind: ErrInvalidConfig, Err: err,
				Hint: "mount the secret at that path, readable by this process"}
		}
		return s, nil
	}
}

func readSecretFile(path string) (Secret, error) {
	if path == "" {
		return "", errors.New("secret file: the path is empty")
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("secret file: %w", err)
	}
	// A FIFO or a device would block the read for ever.
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("secret file %s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("secret file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("secret file: %w", err)
	case len(data) > maxSecretFile:
		return "", fmt.Errorf("secret file %s: larger than %d bytes", path, maxSecretFile)
	}
	text, ok := strings.CutSuffix(string(data), "\r\n")
	if !ok {
		text = strings.TrimSuffix(text, "\n")
	}
	if strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("secret file %s: empty", path)
	}
	return Secret(text), nil
}
