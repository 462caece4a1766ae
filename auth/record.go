package auth

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/internal/accesstoken"
	"github.com/finsdk/finsdk-go/internal/retryafter"
)

// shared is what a record tells: a token, a refusal, or both. It is read relative to the moment at
// which the store was asked, so that no clock of another process counts.
type shared struct {
	token   *oauth2.Token // nil if there is none
	sent    instant       // when the token was requested
	expiry  instant       // when it expires
	refusal *refusal      // nil if there is none

	replaces int    // how many tokens in a row an API refused before this one
	entry    *entry // of the token; nil unless the record is fresh and the token usable
}

// refusal is an answer of the vendor that keeps the whole fleet from asking for a while.
type refusal struct {
	err      *Error
	until    instant       // no request before this
	failures int           // how many failures in a row have led to this pause
	pause    time.Duration // of rejected credentials: the length of the pause, which doubles
}

// storedRecord is the format of a record. Members are only ever added, and a reader ignores those
// that it does not know, so that versions can share a record. A format that breaks with this gets
// keys of its own. Times are durations in milliseconds, from or to the moment of writing.
type storedRecord struct {
	AccessToken  string                     `json:"access_token,omitempty"`
	TokenType    string                     `json:"token_type,omitempty"`
	RefreshToken string                     `json:"refresh_token,omitempty"`
	Age          int64                      `json:"age_ms,omitempty"`  // since the token was requested
	Left         int64                      `json:"left_ms,omitempty"` // until it expires
	Replaces     int                        `json:"replaces,omitempty"`
	Extra        map[string]json.RawMessage `json:"extra,omitempty"`
	Refusal      *storedRefusal             `json:"refusal,omitempty"`
}

type storedRefusal struct {
	Kind        string `json:"kind"` // as in the headings of docs/troubleshooting.md
	Status      int    `json:"status,omitempty"`
	Code        string `json:"code,omitempty"`
	Description string `json:"description,omitempty"`
	Hint        string `json:"hint,omitempty"`
	Transient   bool   `json:"transient,omitempty"`
	Left        int64  `json:"left_ms"`
	Failures    int    `json:"failures,omitempty"`
	Pause       int64  `json:"pause_ms,omitempty"`
}

// commonExtras are the members of token responses that a store keeps for every vendor.
var commonExtras = []string{"scope", "refresh_expires_in", "id_token", "session_state", "not-before-policy"}

// checksumLength is the number of characters of the checksum that precedes a record's JSON.
const checksumLength = 16

// checksum finds records that were damaged, or copied from another key. It proves nothing about who
// wrote them: [Seal] does.
func checksum(key string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(key))
	h.Write([]byte{0})
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))[:checksumLength]
}

// encode returns the record's data as of now. usable says that others may use the access token, and
// not the refresh token alone.
func (sh *shared) encode(key string, now instant, usable bool, extras []string) []byte {
	var st storedRecord
	if t := sh.token; t != nil {
		st = storedRecord{AccessToken: t.AccessToken, TokenType: t.TokenType, RefreshToken: t.RefreshToken, Extra: map[string]json.RawMessage{},
			Replaces: sh.replaces, Age: max(time.Duration(now.mono-sh.sent.mono), 0).Milliseconds()}
		if usable {
			st.Left = now.until(sh.expiry).Milliseconds()
		}
		for _, names := range [][]string{commonExtras, extras} {
			for _, name := range names {
				if raw, err := json.Marshal(t.Extra(name)); err == nil && string(raw) != "null" {
					st.Extra[name] = raw
				}
			}
		}
	}
	if r := sh.refusal; r != nil {
		st.Refusal = &storedRefusal{Kind: r.err.topic(), Status: r.err.StatusCode, Code: r.err.Code, Description: r.err.Description,
			Hint: r.err.Hint, Transient: r.err.Transient, Left: now.until(r.until).Milliseconds(), Failures: r.failures, Pause: r.pause.Milliseconds()}
	}
	body, err := json.Marshal(st)
	if err != nil {
		panic(err) // text and numbers alone
	}
	return append([]byte(checksum(key, body)), body...)
}

// decodeRecord reads the data of a record that was age old at some moment between asked and now. It
// returns an error for data that cannot be used.
func decodeRecord(key string, data []byte, age time.Duration, asked, now instant) (*shared, error) {
	if len(data) < checksumLength || string(data[:checksumLength]) != checksum(key, data[checksumLength:]) {
		return nil, errors.New("the record is damaged, or was written for another key")
	}
	var st storedRecord
	if err := json.Unmarshal(data[checksumLength:], &st); err != nil {
		// The error of encoding/json may quote the record.
		return nil, errors.New("the record is not one of this module")
	}
	age = max(age, 0)
	sh := &shared{}
	if st.AccessToken != "" {
		left, since := milliseconds(st.Left, accesstoken.MaxLifetime), milliseconds(st.Age, 2*accesstoken.MaxLifetime)
		sh.sent, sh.expiry = asked.add(-since-age), asked.add(left-age)
		sh.replaces = min(max(st.Replaces, 0), 100)
		sh.token = &oauth2.Token{AccessToken: st.AccessToken, TokenType: st.TokenType, RefreshToken: st.RefreshToken,
			Expiry: sh.expiry.time(), ExpiresIn: int64((left + since).Round(time.Second) / time.Second)}
		extra := make(map[string]any, len(st.Extra))
		for name, raw := range st.Extra {
			var v any
			if json.Unmarshal(raw, &v) == nil {
				extra[name] = v
			}
		}
		sh.token = sh.token.WithExtra(extra)
	}
	if r := st.Refusal; r != nil {
		sh.refusal = &refusal{until: now.add(milliseconds(r.Left, retryafter.Max) - age), failures: min(max(r.Failures, 0), 100),
			pause: milliseconds(r.Pause, maxPause),
			err: &Error{Op: "request a token", Kind: kindOfTopic(r.Kind), StatusCode: r.Status, Code: r.Code, Description: r.Description, Hint: r.Hint,
				Transient: r.Transient, Err: errors.New("another process got this answer"), clean: true}}
	}
	if sh.token == nil && sh.refusal == nil {
		return nil, errors.New("the record has neither a token nor a refusal")
	}
	return sh, nil
}

// milliseconds converts n to a duration between 0 and most.
func milliseconds(n int64, most time.Duration) time.Duration {
	return time.Duration(min(max(n, 0), most.Milliseconds())) * time.Millisecond
}

// kindOfTopic returns the kind with that topic. An unknown one, of a later version, may pass.
func kindOfTopic(topic string) error {
	for _, t := range topics {
		if t.name == topic {
			return t.kind
		}
	}
	return ErrUnavailable
}

// keyRounds makes keyOf take some 2.5 ms. It is paid once for each secret, in each of many replicas
// that start together. This package's tests lower it.
var keyRounds = 10_000

// keyed is a secret and the key that follows from it.
type keyed struct{ print, key string }

// keyOf returns the key of a record that was got with secret. It takes a while, so that the name of
// a key does not help to guess the secret. It returns "" if this system forbids the hash.
func keyOf(name string, secret Secret) string {
	print := fingerprint(secret.Reveal())
	if last := lastKey.Load(); last != nil && last.name == name && last.print == print {
		return last.key
	}
	salt := sha256.Sum256([]byte(name))
	sum, err := pbkdf2.Key(sha256.New, secret.Reveal(), salt[:], keyRounds, keySize)
	if err != nil {
		return ""
	}
	key := name + ":" + hex.EncodeToString(sum)
	lastKey.Store(&namedKey{name, keyed{print, key}})
	return key
}

// lastKey is the key worked out last: several sources of a process often have the same one.
var lastKey atomic.Pointer[namedKey]

type namedKey struct {
	name string
	keyed
}

// refreshLifetime returns the lifetime of the refresh token, or a month if the vendor does not say.
func refreshLifetime(t *oauth2.Token) time.Duration {
	n, ok := t.Extra("refresh_expires_in").(float64)
	if text, isText := t.Extra("refresh_expires_in").(string); isText { // from some proxies
		var err error
		n, err = strconv.ParseFloat(text, 64)
		ok = err == nil
	}
	if ok && n > 0 && n < accesstoken.MaxLifetime.Seconds() {
		return time.Duration(n * float64(time.Second))
	}
	return accesstoken.MaxLifetime
}
