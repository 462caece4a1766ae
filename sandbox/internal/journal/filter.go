package journal

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// A Filter picks exchanges; a field that is empty does not matter.
type Filter struct {
	// After passes over the exchanges up to this Seq.
	After    int64
	Vendor   vendors.Vendor
	Endpoint vendors.Endpoint
	// Client, User and Fault are as the journal shows them.
	Client, User, Fault string
	// Status is that of the answer, such as 401; 1 to 5 is its first digit.
	Status int
}

func (f Filter) check() error {
	switch {
	case f.Vendor != "" && vendors.Check(f.Vendor) != nil:
		return vendors.Check(f.Vendor)
	case f.Endpoint != "" && vendors.CheckEndpoint(f.Endpoint) != nil:
		return vendors.CheckEndpoint(f.Endpoint)
	case f.Status != 0 && (f.Status < 1 || f.Status > 5) && (f.Status < 100 || f.Status > 599):
		return fmt.Errorf("%d is neither a status such as 401 nor its first digit", f.Status)
	}
	return nil
}

func (f Filter) matches(x Exchange) bool {
	wanted := func(want, is string) bool { return want == "" || want == is }
	return x.Seq > f.After && wanted(string(f.Vendor), string(x.Vendor)) && wanted(string(f.Endpoint), string(x.Endpoint)) &&
		wanted(f.Client, x.Client) && wanted(f.User, x.User) && wanted(f.Fault, x.Fault) &&
		(f.Status == 0 || f.Status == x.Status || f.Status < 6 && f.Status == x.Status/100)
}

// Filters are the members of the query that [Journal.Find] takes.
var Filters = []string{"after", "status", "client", "user", "fault", "vendor", "endpoint"}

func readFilter(values url.Values) (Filter, error) {
	var f Filter
	number := func(text string) error {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("after=%q is no number", text)
		}
		f.After = n
		return nil
	}
	status := func(text string) error {
		code := text
		if len(text) == 3 {
			code = strings.TrimSuffix(text, "xx")
		}
		n, err := strconv.Atoi(code)
		if f.Status = n; err != nil || n == 0 || f.check() != nil || n < 6 && code == text {
			return fmt.Errorf("status=%q is nothing like 401 or 4xx", text)
		}
		return nil
	}
	word := func(into *string) func(string) error {
		return func(text string) error {
			*into = text
			return nil
		}
	}
	known := map[string]func(string) error{
		"after": number, "status": status, "client": word(&f.Client), "user": word(&f.User), "fault": word(&f.Fault),
		"vendor":   func(text string) error { f.Vendor = vendors.Vendor(text); return f.check() },
		"endpoint": func(text string) error { f.Endpoint = vendors.Endpoint(text); return f.check() },
	}
	for _, name := range Filters {
		text := values.Get(name)
		if text == "" {
			continue
		}
		if err := known[name](text); err != nil {
			return f, err
		}
	}
	return f, nil
}
