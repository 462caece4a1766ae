// Package clientbook keeps an adviser's clients and the tags that they have, as FinCalc does.
package clientbook

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// maxTags is how many tags of its own a company may have, and maxText how many bytes of names and
// colours.
const (
	maxTags = 1000
	maxText = 1 << 20
)

// The reasons for which a Book refuses a call.
var (
	ErrNoClient = errors.New("there is no such client")
	ErrNoTag    = errors.New("there is no such tag")
	ErrSystem   = errors.New("a tag of the system cannot be changed")
	ErrFull     = errors.New("the company has as many tags as it may have")
)

// A Client is a client of the adviser.
type Client struct {
	GUID, FirstName, Surname, Title string
	Gender                          int    // 1 male, 2 female, 3 other
	Born                            string // such as 1990-05-04
	Postcode, NINumber              string
	Reference, BackOfficeID         string

	tags []string // their GUIDs, in the order in which they were added
}

// A Tag is one of the company or of the system.
type Tag struct {
	GUID   string `json:"guid"`
	Name   string `json:"name"`
	Colour string `json:"colour"`
	System bool   `json:"system,omitempty"`
	Used   int    `json:"-"` // how many clients have it
}

// A Filter selects clients, in any case of letters. An empty field selects all.
type Filter struct {
	FirstName, Surname, NINumber, Reference, Postcode string
	Tags                                              []string // a client with any of them is selected
}

// A Book is safe for use by several goroutines.
type Book struct {
	mu      sync.Mutex
	clients []Client
	tags    []Tag
	changed bool // since the last Snapshot
}

// New returns a Book with the same few clients and tags every time. The first of each are those of
// the examples in the document.
func New() *Book {
	b := &Book{}
	for _, c := range []Client{
		{GUID: "3F0B1C88-6D80-4C17-BB3E-1D68E6D26405", FirstName: "John", Surname: "Smith", Title: "Mr", Gender: 1, Born: "1990-05-04", Postcode: "SW1A 1AA", NINumber: "QQ123456C", BackOfficeID: "10042"},
		{FirstName: "Mary", Surname: "Jones", Title: "Mrs", Gender: 2, Born: "1984-11-23", Postcode: "M1 1AE", NINumber: "QQ234567A", BackOfficeID: "10043"},
		{FirstName: "Priya", Surname: "Patel", Title: "Dr", Gender: 2, Born: "1979-02-14", Postcode: "LE1 5YA", NINumber: "QQ345678B", BackOfficeID: "10044"},
		{FirstName: "Owen", Surname: "Davies", Title: "Mr", Gender: 1, Born: "1966-07-30", Postcode: "CF10 1EP", NINumber: "QQ456789D", BackOfficeID: "10045"},
		{FirstName: "Alex", Surname: "Campbell", Title: "Mx", Gender: 3, Born: "1995-09-09", Postcode: "EH1 1YZ", NINumber: "QQ567890A", BackOfficeID: "10046"},
		{FirstName: "Grace", Surname: "Murphy", Title: "Ms", Gender: 2, Born: "1972-12-01", Postcode: "BT1 5GS", NINumber: "QQ678901C", BackOfficeID: "10047"},
		{FirstName: "Samuel", Surname: "Okafor", Title: "Mr", Gender: 1, Born: "1988-03-17", Postcode: "B1 1BB", NINumber: "QQ789012B", BackOfficeID: "10048"},
	} {
		c.GUID, c.Reference = cmp.Or(c.GUID, GUID("advice client", c.FirstName, c.Surname)), "API Client"
		b.clients = append(b.clients, c)
	}
	b.tags = []Tag{
		{GUID: "A3D0C1D4-8E0F-4B39-9F47-6A2B7E5C1D20", Name: "Annual review", Colour: "#336699"},
		{GUID: GUID("tag", "Prospect"), Name: "Prospect", Colour: "#FFAA00"},
		{GUID: "0C7B6A58-3E5D-4A6C-8C1B-2F9D4E7A8B90", Name: "Deceased", Colour: "#808080", System: true},
		{GUID: GUID("tag", "Vulnerable"), Name: "Vulnerable", Colour: "#CC0000", System: true},
	}
	b.clients[1].tags = []string{b.tags[0].GUID}
	return b
}

// GUID makes the same GUID of the same words every time.
func GUID(words ...string) string { return strings.ToUpper(uuid.Of(words...)) }

// List returns the clients that a filter selects.
func (b *Book) List(f Filter) []Client {
	b.mu.Lock()
	defer b.mu.Unlock()
	fits := func(want, got string) bool { return want == "" || strings.EqualFold(want, got) }
	var found []Client
	for _, c := range b.clients {
		if fits(f.FirstName, c.FirstName) && fits(f.Surname, c.Surname) && fits(f.NINumber, c.NINumber) &&
			fits(f.Reference, c.Reference) && fits(f.Postcode, c.Postcode) &&
			(len(f.Tags) == 0 || slices.ContainsFunc(f.Tags, c.has)) {
			found = append(found, c)
		}
	}
	return found
}

// ByBackOfficeID returns the client with an id in the back office.
func (b *Book) ByBackOfficeID(id string) (Client, error) {
	for _, c := range b.List(Filter{}) {
		if c.BackOfficeID == id {
			return c, nil
		}
	}
	return Client{}, ErrNoClient
}

// TagsOf returns the tags of a client.
func (b *Book) TagsOf(client string) ([]Tag, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.client(client)
	if c == nil {
		return nil, ErrNoClient
	}
	return b.tagsOf(c), nil
}

// AddTag gives a client a tag, unless the client has it already, and returns all that the client
// has.
func (b *Book) AddTag(client, tag string) ([]Tag, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, t := b.client(client), b.tag(tag)
	switch {
	case c == nil:
		return nil, ErrNoClient
	case t == nil:
		return nil, ErrNoTag
	case !c.has(tag):
		c.tags = append(slices.Clip(c.tags), t.GUID)
		b.changed = true
	}
	return b.tagsOf(c), nil
}

// RemoveTag takes a tag from a client.
func (b *Book) RemoveTag(client, tag string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch c := b.client(client); {
	case c == nil:
		return ErrNoClient
	case !c.has(tag):
		return ErrNoTag
	default:
		c.drop(tag)
		b.changed = true
	}
	return nil
}

// Tags returns all tags, in the order in which they were created.
func (b *Book) Tags() []Tag {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.Clone(b.tags)
	for i := range list {
		list[i] = b.counted(list[i])
	}
	return list
}

// Tag returns a tag of the company.
func (b *Book) Tag(tag string) (Tag, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tag(tag)
	if t == nil || t.System {
		return Tag{}, ErrNoTag
	}
	return b.counted(*t), nil
}

// CreateTag adds a tag of the company.
func (b *Book) CreateTag(name, colour string) (Tag, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.tags) >= maxTags || !b.fits(name, colour) {
		return Tag{}, ErrFull
	}
	t := Tag{GUID: strings.ToUpper(uuid.New()), Name: name, Colour: colour}
	b.tags = append(b.tags, t)
	b.changed = true
	return t, nil
}

// fits reports whether there is room for the text of one more tag.
func (b *Book) fits(name, colour string) bool {
	size := len(name) + len(colour)
	for _, t := range b.tags {
		size += len(t.Name) + len(t.Colour)
	}
	return size <= maxText
}

// ChangeTag gives a tag of the company another name and colour.
func (b *Book) ChangeTag(tag, name, colour string) (Tag, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, err := b.own(tag)
	switch {
	case err != nil:
		return Tag{}, err
	case !b.fits(name, colour):
		return Tag{}, ErrFull
	}
	t.Name, t.Colour = name, colour
	b.changed = true
	return b.counted(*t), nil
}

// DeleteTag removes a tag of the company, from its clients too.
func (b *Book) DeleteTag(tag string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.own(tag); err != nil {
		return err
	}
	for i := range b.clients {
		b.clients[i].drop(tag)
	}
	b.tags = slices.DeleteFunc(b.tags, func(t Tag) bool { return strings.EqualFold(t.GUID, tag) })
	b.changed = true
	return nil
}

// A State is all that can change in a Book: its tags, and those of each client, by their GUIDs.
type State struct {
	Tags    []Tag               `json:"tags"`
	Clients map[string][]string `json:"clients"`
}

// Snapshot returns the State.
func (b *Book) Snapshot() *State {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed = false
	s := &State{Tags: slices.Clone(b.tags), Clients: map[string][]string{}}
	for _, c := range b.clients {
		s.Clients[c.GUID] = c.tags
	}
	return s
}

// Changes returns the State if it has changed since the last Changes or Snapshot, or nil.
func (b *Book) Changes() *State {
	b.mu.Lock()
	changed := b.changed
	b.mu.Unlock()
	if !changed {
		return nil
	}
	return b.Snapshot()
}

// Restore takes up a State, unless it is nil.
func (b *Book) Restore(s *State) {
	if s == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tags = s.Tags
	for i := range b.clients {
		c := &b.clients[i]
		c.tags = slices.DeleteFunc(slices.Clone(s.Clients[c.GUID]), func(guid string) bool { return b.tag(guid) == nil })
	}
}

// own returns a tag that the company may change.
func (b *Book) own(tag string) (*Tag, error) {
	switch t := b.tag(tag); {
	case t == nil:
		return nil, ErrNoTag
	case t.System:
		return nil, ErrSystem
	default:
		return t, nil
	}
}

func (b *Book) client(guid string) *Client {
	if i := slices.IndexFunc(b.clients, func(c Client) bool { return strings.EqualFold(c.GUID, guid) }); i >= 0 {
		return &b.clients[i]
	}
	return nil
}

func (b *Book) tag(guid string) *Tag {
	if i := slices.IndexFunc(b.tags, func(t Tag) bool { return strings.EqualFold(t.GUID, guid) }); i >= 0 {
		return &b.tags[i]
	}
	return nil
}

func (b *Book) tagsOf(c *Client) []Tag {
	list := make([]Tag, len(c.tags))
	for i, guid := range c.tags {
		list[i] = b.counted(*b.tag(guid))
	}
	return list
}

func (b *Book) counted(t Tag) Tag {
	t.Used = 0
	for _, c := range b.clients {
		if c.has(t.GUID) {
			t.Used++
		}
	}
	return t
}

func (c Client) has(tag string) bool {
	return slices.ContainsFunc(c.tags, func(guid string) bool { return strings.EqualFold(guid, tag) })
}

// drop makes a new slice, because List has handed the old one out.
func (c *Client) drop(tag string) {
	c.tags = slices.DeleteFunc(slices.Clone(c.tags), func(guid string) bool { return strings.EqualFold(guid, tag) })
}
