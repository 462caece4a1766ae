package agreement

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"

	"github.com/finsdk/finsdk-go/interop/table"
)

// The random requests are always the same ones.
const (
	randomSeed  = 26
	randomCount = 200
)

// Random makes malformed requests from the forms in the documents in a directory, the same ones
// each time.
func Random(directory string) ([]table.Case, error) {
	all, err := forms(directory)
	if err != nil {
		return nil, err
	}
	cases := make([]table.Case, randomCount)
	for i := range cases {
		f := all[i%len(all)]
		d := &draft{Rand: rand.New(rand.NewPCG(randomSeed, uint64(i))), form: f, written: map[int]string{}, header: map[string]string{"Content-Type": f.contentType}, join: "&"}
		d.fields = append([]field(nil), f.fields...)
		name := fmt.Sprintf("random-%03d-%s", i, f.vendor)
		for range 1 + d.IntN(3)*d.IntN(2) {
			m := mutations[d.IntN(len(mutations))]
			m.change(d)
			name += "-" + m.name
		}
		cases[i] = table.Case{Name: name, Before: f.before, Request: d.request()}
	}
	return cases, nil
}

// A draft is a request that mutations change.
type draft struct {
	*rand.Rand
	form
	written map[int]string // texts that are sent in place of fields
	header  map[string]string
	query   string
	join    string // between the fields
	start   string // before and after them
	end     string
	body    string // instead of them
}

func (d *draft) request() table.Request {
	r := table.Request{Method: d.method, Realm: d.realm, Path: d.path, Query: d.query, Header: d.header, Body: d.body}
	if r.Body == "" {
		r.Body = d.start + d.encoded() + d.end
	}
	return r
}

func (d *draft) encoded() string {
	pairs := make([]string, len(d.fields))
	for i, f := range d.fields {
		pairs[i] = escape(f.name) + "=" + escape(f.value)
		if text, ok := d.written[i]; ok {
			pairs[i] = text
		}
	}
	return strings.Join(pairs, d.join)
}

// escape leaves the placeholder for a token unchanged; a token needs no escaping.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), url.QueryEscape(refreshToken), refreshToken)
}

// one picks a field. Every form has some.
func (d *draft) one() *field {
	if len(d.fields) == 0 {
		d.fields = append(d.fields, field{"x", "y"})
	}
	return &d.fields[d.IntN(len(d.fields))]
}

func (d *draft) pick(from ...string) string { return from[d.IntN(len(from))] }

func (d *draft) add(name, value string) { d.fields = append(d.fields, field{name, value}) }
