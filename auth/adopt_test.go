package auth

import (
	"testing"
)

func TestKeyOf_tellsNamesAndSecretsApart(t *testing.T) {
	first := keyOf("a:b", NewSecret("one"))
	last := lastKey.Load()
	if again := keyOf("a:b", NewSecret("one")); again != first || lastKey.Load() != last {
		t.Errorf("got %s, then %s: worked out twice", first, again)
	}
	seen := map[string]bool{first: true}
	for _, other := range []string{keyOf("a", NewSecret("one")), keyOf("a:b", NewSecret("two")), keyOf("a:c", NewSecret("two"))} {
		if other == "" || seen[other] {
			t.Errorf("%s is not a key of its own", other)
		}
		seen[other] = true
	}
}

func TestAdopt_waitsForARefusalBeyondAHundredFailures(t *testing.T) {
	s := &TokenSource{settings: &settings{}}
	s.backoff = backoff{failures: 127, until: instant{mono: 1}, err: &Error{Kind: ErrUnavailable}}
	s.adopt(&refusal{until: instant{mono: 2}, failures: 100, err: &Error{Kind: ErrRateLimited}}, "")
	if s.backoff.until.mono != 2 || s.backoff.failures != 127 {
		t.Errorf("%d failures, until %d", s.backoff.failures, s.backoff.until.mono)
	}
}
