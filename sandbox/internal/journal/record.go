package journal

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// record is an exchange as it was. It is made fit to be shown when somebody looks, because that
// costs a good part of what a token does.
type record struct {
	seq int64
	picture

	once  sync.Once
	shown Exchange
}

// picture is what is kept of an exchange, secrets included. It refers to nothing that the request
// was made of: a mebibyte would be held for the sake of a word in it.
type picture struct {
	at       time.Time
	took     time.Duration
	vendor   vendors.Vendor
	endpoint vendors.Endpoint

	method, client, user, grant string
	path, query, body           excerpt
	header                      map[string]string

	status       int
	answerHeader map[string]string
	answerBody   excerpt
	label        string
	silent       bool // there was no answer
	tokenID      string

	// The answer may repeat these from the request. Of the words, known ones may be shown. If there
	// were too many of both to keep, flood is set.
	credentials, words []string
	flood              bool
}

// excerpt is the beginning of a text.
type excerpt struct {
	text string
	cut  bool
}

func excerptOf[T string | []byte](text T, most int) excerpt {
	if len(text) > most {
		return excerpt{strings.Clone(string(text[:most])), true}
	}
	return excerpt{strings.Clone(string(text)), false}
}

const (
	// maxShown is how many bytes of a body are kept.
	maxShown = 16 << 10
	// maxPath is how many bytes of a path or a query are kept.
	maxPath = 4 << 10
	// maxName is how many bytes of a name or a header are kept.
	maxName = 512
	// maxWord and maxWords bound the words that are looked for in an answer.
	maxWord, maxWords = 1024, 40
)

// A Call is a request to a vendor and the answer to it, as they were.
type Call struct {
	At       time.Time     // by the sandbox's clock
	Took     time.Duration // by the real clock
	Vendor   vendors.Vendor
	Endpoint vendors.Endpoint
	Client   string // who asked, as far as that could be told
	User     string
	Request  *http.Request
	Body     []byte
	Form     url.Values        // of the body
	Members  map[string]string // of a token request in JSON
	// Credentials are the secrets and tokens in the request's headers, Words what else its headers
	// say that an answer may repeat.
	Credentials, Words []string

	Status  int
	Header  http.Header
	Answer  []byte
	Fault   string // its name, if one hit the request
	Silent  bool   // there was no answer
	TokenID string // of the access token that was handed out or accepted
}

func (c *Call) picture() picture {
	req := c.Request
	name := func(text string) string { return excerptOf(text, maxName).text }
	p := picture{
		at:       c.At,
		took:     c.Took,
		vendor:   c.Vendor,
		endpoint: c.Endpoint,
		method:   name(req.Method),
		client:   name(c.Client),
		user:     name(c.User),
		grant:    name(c.Form.Get("grant_type")),
		path:     excerptOf(req.URL.Path, maxPath),
		query:    excerptOf(req.URL.RawQuery, maxPath),
		body:     excerptOf(c.Body, maxShown),
		header:   keepHeader(req.Header, shownRequestHeaders),

		status:       c.Status,
		answerHeader: keepHeader(c.Header, shownResponseHeaders),
		answerBody:   excerptOf(c.Answer, maxShown),
		label:        c.Fault,
		silent:       c.Silent,
		tokenID:      name(c.TokenID),
	}
	if text := req.Header.Get("Authorization"); text != "" {
		scheme, _, _ := strings.Cut(text, " ")
		p.header["Authorization"] = name(scheme)
	}
	if media, _, _ := strings.Cut(req.Header.Get("Content-Type"), ";"); strings.TrimSpace(media) == "multipart/form-data" {
		p.body = excerptOf(c.Form.Encode(), maxShown)
		if len(c.Form) == 0 && len(c.Body) > 0 {
			p.body = excerpt{text: redacted}
		}
	}
	p.gather(c)
	return p
}

func keepHeader(h http.Header, names map[string]bool) map[string]string {
	kept := map[string]string{}
	for name, values := range h {
		if name = http.CanonicalHeaderKey(name); names[name] && len(values) > 0 {
			kept[name] = excerptOf(strings.Join(values, ", "), maxName).text
		}
	}
	return kept
}

// gather keeps the words of a request that an answer may repeat.
func (p *picture) gather(c *Call) {
	keep := func(list *[]string, word string) {
		switch {
		case word == "", isJWT(word): // the journal shows none
		case len(word) > maxWord || len(p.credentials)+len(p.words) == maxWords:
			p.flood = true
		default:
			*list = append(*list, strings.Clone(word))
		}
	}
	take := func(name, value string) {
		switch name {
		case "client_secret", "password", "refresh_token", "access_token", "token", "client_assertion", "assertion":
			keep(&p.credentials, value)
			return
		case "PageNumber", "PageSize":
			if shownPage.MatchString(value) {
				return
			}
			if strings.Trim(value, "0123456789") == "" {
				p.flood = true // links name the pages beside it
			}
		}
		if !shownParameters[name] {
			keep(&p.words, name)
		}
		keep(&p.words, value)
		if words := strings.Fields(value); len(words) > 1 {
			for _, word := range words {
				keep(&p.words, word)
			}
		}
	}
	for name, values := range c.Form {
		for _, value := range values {
			take(name, value)
		}
	}
	query, _ := url.ParseQuery(strings.ReplaceAll(c.Request.URL.RawQuery, ";", "&"))
	for name, values := range query {
		for _, value := range values {
			take(name, value)
		}
	}
	if c.Members != nil {
		for name, value := range c.Members {
			take(name, value)
		}
		p.grant = excerptOf(c.Members["grant_type"], maxName).text
	}
	for _, word := range c.Words {
		keep(&p.words, word)
	}
	for _, credential := range c.Credentials {
		keep(&p.credentials, credential)
	}
}

// isJWT reports whether a text has the look, and nothing else in it.
func isJWT(text string) bool {
	return strings.HasPrefix(text, "eyJ") && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") == "" && len(text) > 8
}
