package vendorconfig

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/origin"
)

// Site is where one Config leads: the token endpoint, and the API that gets the token.
type Site struct {
	Vendor   string
	Help     string      // of the errors, see auth.Error
	Auth     origin.Base // of the authorization server
	Endpoint *url.URL    // the token endpoint, below Auth
	API      origin.Base // zero if unknown
	APIHint  string      // how to name the API's host
	Identity []string    // values that decide which token is issued, beside endpoint and secret
	Secret   auth.SecretSource
	Extras   []string // the members of the answer that a store keeps
}

// Settle returns the facts about the site that auth needs: the vendor's name, where the token may
// go, and the key of this Config's tokens in a store, to which auth adds the secret.
func (s *Site) Settle() auth.Site {
	site := auth.Site{Vendor: s.Vendor, Help: s.Help, StoreKey: s.storeKey(), StoredExtras: s.Extras, Secret: s.Secret,
		Known: append(slices.Clone(s.Identity), s.Endpoint.String(), s.API.String())}
	site.Hosts.RefuseOthers(s.APIHint)
	path, where := s.Endpoint.Path, s.APIHint
	if !s.API.IsZero() {
		site.Hosts.Allow(s.API.Origin)
		where = "the API is at " + s.API.String()
		if !s.API.Equal(&s.Auth.Origin) {
			path = "" // the whole authorization server
		}
	}
	site.Hosts.Refuse(s.Auth.Origin, path, "this is the token endpoint, which gets the secret and never the token; "+where)
	return site
}

// storeKey depends on everything that decides which token is issued, except the secret. It is
// hashed, because user names and e-mail addresses do not belong in names of files and keys of
// databases.
func (s *Site) storeKey() string {
	h := sha256.New()
	for _, part := range append([]string{s.Endpoint.String()}, s.Identity...) {
		h.Write([]byte(strconv.Quote(part)))
	}
	return "finsdk:" + s.Vendor + ":" + hex.EncodeToString(h.Sum(nil)[:16])
}

// SortedWords returns a scope in sorted order, as part of an identity: the order of a scope's words
// has no meaning.
func SortedWords(scope string) string {
	words := strings.Fields(scope)
	slices.Sort(words)
	return strings.Join(words, " ")
}
