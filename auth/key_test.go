package auth

import "testing"

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
