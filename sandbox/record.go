package sandbox

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// record is an exchange as it was. It is made fit to be shown when somebody looks, because that costs a good part of
// what a token does.
type record struct {
	seq int64
	picture

	once  sync.Once
	shown Exchange
}

// picture is what is kept of an exchange, secrets included. It refers to nothing that the request was made of: a mebibyte
// would be held for the sake of a word in it.
type picture struct {
	at       time.Time
	took     time.Duration
	vendor   Vendor
	endpoint Endpoint

	method, client, user, grant string
	path, query, body           excerpt
	header                      map[string]string

	status       int
	answerHeader map[string]string
	answerBody   excerpt
	label        string
	silent       bool // there was no answer
	tokenID      string

	// What came with the request and may be repeated in the answer: secrets, and words that may be shown where they are
	// known. flood is set where there was more than is kept.
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
	// maxShown is what is kept of a body.
	maxShown = 4 * auth.MaxErrorBody
	// maxName is what is kept of a name or a header.
	maxName = 512
	// maxWord and maxWords bound what is looked for in an answer.
	maxWord, maxWords = 1024, 40
)

func (c *call) picture(a answer) picture {
	req := c.request
	name := func(text string) string { return excerptOf(text, maxName).text }
	p := picture{
		at:       c.now,
		vendor:   c.vendor,
		endpoint: c.endpoint,
		method:   name(req.Method),
		client:   name(c.client),
		user:     name(c.user),
		grant:    name(c.form.Get("grant_type")),
		path:     excerptOf(req.URL.Path, auth.MaxErrorBody),
		query:    excerptOf(req.URL.RawQuery, auth.MaxErrorBody),
		body:     excerptOf(c.body, maxShown),
		header:   keepHeader(req.Header, shownRequestHeaders),

		status:       a.status,
		answerHeader: keepHeader(a.header, shownResponseHeaders),
		answerBody:   excerptOf(a.body(), maxShown),
		tokenID:      name(c.tokenID),
	}
	if text := req.Header.Get("Authorization"); text != "" {
		scheme, _, _ := strings.Cut(text, " ")
		p.header["Authorization"] = name(scheme)
	}
	if c.mediaType() == "multipart/form-data" {
		p.body = excerptOf(c.form.Encode(), maxShown)
		if len(c.form) == 0 && len(c.body) > 0 {
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
func (p *picture) gather(c *call) {
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
	for name, values := range c.form {
		for _, value := range values {
			take(name, value)
		}
	}
	query, _ := url.ParseQuery(strings.ReplaceAll(c.request.URL.RawQuery, ";", "&"))
	for name, values := range query {
		for _, value := range values {
			take(name, value)
		}
	}
	if c.vendor == FinCalc && c.endpoint == TokenEndpoint {
		members, _ := readTokenRequest(c.body)
		for name, value := range members {
			take(name, value)
		}
		p.grant = excerptOf(members["grant_type"], maxName).text
	}
	id, secret, _ := c.basic()
	keep(&p.words, id)
	keep(&p.credentials, secret)
	if token, ok := c.bearer(); ok {
		keep(&p.credentials, token)
	}
	if !c.localHost() {
		host, _, _ := strings.Cut(c.request.Host, ":")
		keep(&p.words, host)
	}
}

// isJWT reports whether a text has the look, and nothing else in it.
func isJWT(text string) bool {
	return strings.HasPrefix(text, "eyJ") && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") == "" && len(text) > 8
}

// localHost reports whether the request's Host is one that is expected; it stands in links and in the issuer.
func (c *call) localHost() bool {
	host := c.request.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost") || c.server.namesItself(host)
}
