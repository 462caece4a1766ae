package auth

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"golang.org/x/oauth2"
)

// A Store shares tokens among processes: replicas of a service, or processes that live shorter than a token.
// It keeps one entry a key. It must be safe for use by several goroutines.
//
// A method has 2 s, or a quarter of the request timeout where that is less, and Lock half of the request timeout; ctx
// ends then, and nobody waits for one that goes on. Lock's ctx also ends as soon as Lock has returned, so that what keeps
// a lock alive needs one of its own. unlock has 2 s. A Store must not ask the TokenSource that uses it for a token.
//
// An entry tells its token's end by the clock of the process that got it, so the clocks of all have to agree to within
// the margin that [TokenSource] keeps, 10 s. Where they do not, a token is still used no longer than its lifetime.
//
// An entry holds the access and the refresh token in plain text: keep it where the client secret could be kept.
//
// No method's failure ever fails a caller: the source reports it as an [EventStore] and asks the vendor itself.
type Store interface {
	// Load returns the entry of key, or nil when there is none.
	Load(ctx context.Context, key string) ([]byte, error)
	// Save replaces the entry of key, which is of no use after ttl.
	Save(ctx context.Context, key string, entry []byte, ttl time.Duration) error
	// Lock waits until no other process holds key's lock, then holds it until unlock is called or the holder
	// must be thought dead. Two processes then never refresh one token at a time.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// storeTimeout bounds each use of a store, so that one that hangs delays a request but little. Waiting for the
// lock is bounded by half the request timeout instead: another process is asking the vendor meanwhile.
const storeTimeout = 2 * time.Second

// storedToken is the entry's form. Unknown members are ignored, so that versions can share an entry.
type storedToken struct {
	Version      int                        `json:"v"`
	AccessToken  string                     `json:"access_token"`
	TokenType    string                     `json:"token_type,omitempty"`
	RefreshToken string                     `json:"refresh_token,omitempty"`
	Expiry       time.Time                  `json:"expiry"`
	Requested    time.Time                  `json:"requested"`
	Extra        map[string]json.RawMessage `json:"extra,omitempty"`
}

// commonExtras are the members of token responses that are kept for every vendor.
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

// decodeToken returns nil, with an error, for an entry that cannot be used.
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
