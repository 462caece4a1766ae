package auth

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"golang.org/x/oauth2"
)

// A Store shares tokens among processes: replicas of a service, or processes that live shorter than
// a token. It keeps one entry per key. It must be safe for use by several goroutines.
//
// Load and Save have 2 s, or a quarter of the request timeout if that is less. Lock has half of the
// request timeout, and unlock has 2 s. Then ctx ends, and the source no longer waits. The ctx of
// Lock also ends when Lock returns, so code that keeps a lock alive needs a context of its own. A
// Store must not ask the TokenSource that uses it for a token.
//
// An entry holds its token's expiry by the clock of the process that requested it. So the clocks of
// all processes must agree to within 10 s, the margin of [TokenSource]. If they do not, a token is
// still used no longer than its lifetime.
//
// An entry holds the access and the refresh token in plain text: protect it like the client secret.
//
// A failure of a Store never fails a caller: the source reports it as an [EventStore] and asks the
// vendor itself. The report has the text of an [*Error], and what the operating system says. Of any
// other error it names the type alone, because the text may quote the entry.
type Store interface {
	// Load returns the entry of key, or nil if there is none.
	Load(ctx context.Context, key string) ([]byte, error)
	// Save replaces the entry of key. The entry is useless after ttl.
	Save(ctx context.Context, key string, entry []byte, ttl time.Duration) error
	// Lock waits until no other process holds the lock of key. It then holds the lock until unlock
	// is called, or until its holder must be presumed dead. So two processes never refresh one
	// token at the same time.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// storeTimeout bounds each use of a store, so that a store that hangs delays a request only a
// little. Waiting for the lock may take half the request timeout, because another process is asking
// the vendor meanwhile.
const storeTimeout = 2 * time.Second

// storedToken is the format of an entry. Unknown members are ignored, so that versions can share an
// entry.
type storedToken struct {
	Version      int                        `json:"v"`
	AccessToken  string                     `json:"access_token"`
	TokenType    string                     `json:"token_type,omitempty"`
	RefreshToken string                     `json:"refresh_token,omitempty"`
	Expiry       time.Time                  `json:"expiry"`
	Requested    time.Time                  `json:"requested"`
	Extra        map[string]json.RawMessage `json:"extra,omitempty"`
}

// commonExtras are the members of token responses that a store keeps for every vendor.
var commonExtras = []string{"scope", "refresh_expires_in", "id_token", "session_state", "not-before-policy"}

func encodeToken(t *oauth2.Token, requested time.Time, extras []string) ([]byte, error) {
	st := storedToken{Version: 1, AccessToken: t.AccessToken, TokenType: t.TokenType, RefreshToken: t.RefreshToken,
		Expiry: t.Expiry.Round(0), Requested: requested.Round(0), Extra: map[string]json.RawMessage{}}
	for _, names := range [][]string{commonExtras, extras} {
		for _, name := range names {
			if v := t.Extra(name); v != nil {
				raw, err := json.Marshal(v)
				if err != nil {
					return nil, err
				}
				st.Extra[name] = raw
			}
		}
	}
	return json.Marshal(st)
}

// decodeToken returns an error for an entry that cannot be used.
func decodeToken(entry []byte) (*oauth2.Token, time.Time, error) {
	var st storedToken
	if err := json.Unmarshal(entry, &st); err != nil {
		// The error of encoding/json may quote the entry.
		return nil, time.Time{}, errors.New("the entry is not a stored token")
	}
	if st.AccessToken == "" || st.Expiry.IsZero() || st.Version != 1 {
		return nil, time.Time{}, errors.New("the entry is not a stored token of this version")
	}
	t := &oauth2.Token{AccessToken: st.AccessToken, TokenType: st.TokenType, RefreshToken: st.RefreshToken, Expiry: st.Expiry}
	if st.Requested.IsZero() || st.Requested.After(st.Expiry) {
		st.Requested = st.Expiry
	}
	t.ExpiresIn = int64(st.Expiry.Sub(st.Requested) / time.Second)
	extra := make(map[string]any, len(st.Extra))
	for name, raw := range st.Extra {
		var v any
		if json.Unmarshal(raw, &v) == nil {
			extra[name] = v
		}
	}
	return t.WithExtra(extra), st.Requested, nil
}
