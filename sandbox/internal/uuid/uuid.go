// Package uuid makes UUIDs.
package uuid

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// New makes a random UUID, RFC 9562 version 4.
func New() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return format(b)
}

// Of makes the same UUID of the same words every time, so that an id survives a restart.
func Of(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return format([16]byte(sum[:16]))
}

func format(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
