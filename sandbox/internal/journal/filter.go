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

func readFilter(values url.Values) (f Filter, err error) {
	for _, name := range Filters {
		text := values.Get(name)
		if text == "" {
			continue
		}
		switch name {
		case "after":
			if f.After, err = strconv.ParseInt(text, 10, 64); err != nil {
				err = fmt.Errorf("after=%q is no number", text)
			}
		case "status":
			f.Status, err = readStatus(text)
		case "client":
			f.Client = text
		case "user":
			f.User = text
		case "fault":
			f.Fault = text
		case "vendor":
			f.Vendor = vendors.Vendor(text)
		case "endpoint":
			f.Endpoint = vendors.Endpoint(text)
		}
		if err == nil {
			err = f.check()
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// readStatus reads a status such as 401, or 4xx as its first digit.
func readStatus(text string) (int, error) {
	code := text
	if len(text) == 3 {
		code = strings.TrimSuffix(text, "xx")
	}
	n, err := strconv.Atoi(code)
	if err != nil || n == 0 || (Filter{Status: n}).check() != nil || n < 6 && code == text {
		return 0, fmt.Errorf("status=%q is nothing like 401 or 4xx", text)
	}
	return n, nil
}
