package vendorconfig

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/finsdk/finsdk-go/auth"
)

// Site is where one Config leads: the token endpoint, and the API that gets the token.
type Site struct {
	Vendor   string
	AuthURL  string // base of the authorization server
	Endpoint string // the token endpoint, which lies below it
	APIURL   string // base of the API; "" when it is not known
	APIHint  string // how to name the API's host
	Identity []string
}

// EndpointOf returns the address that a generated client's request goes to, so that the path stands in the document
// under specs and nowhere else.
func EndpointOf(req *http.Request, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return req.URL.String(), nil
}

// Options returns what auth must know of the site: who the vendor is, where the token may go and where it must
// not, and how the tokens of this Config are called in a store.
func (s *Site) Options() []auth.Option {
	site := auth.Site{Vendor: s.Vendor, StoreKey: s.storeKey()}
	site.Hosts.RefuseOthers(s.APIHint)
	opts := []auth.Option{auth.WithSite(site)}
	refused, where := s.Endpoint, s.APIHint
	if s.APIURL != "" {
		opts = append(opts, auth.WithAPIHosts(s.APIURL))
		where = "the API is at " + s.APIURL
		if !SameOrigin(s.APIURL, s.AuthURL) {
			refused = originOf(s.AuthURL)
		}
	}
	return append(opts, auth.WithRefusedURL(refused, "this is the token endpoint, which gets the secret and never the token; "+where))
}

// storeKey follows from everything but the secret that decides which tokens come. It is hashed, because user names
// and e-mail addresses do not belong into the names of files and database keys.
func (s *Site) storeKey() string {
	h := sha256.New()
	for _, part := range append([]string{s.Endpoint}, s.Identity...) {
		h.Write([]byte(strconv.Quote(part)))
	}
	return "finsdk:" + s.Vendor + ":" + hex.EncodeToString(h.Sum(nil)[:16])
}

// SortedWords is a scope in one order, which means nothing, as a part of an identity.
func SortedWords(scope string) string {
	words := strings.Fields(scope)
	slices.Sort(words)
	return strings.Join(words, " ")
}
