package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A product is one of several APIs of a vendor. Each has its own hosts, and may have its own values
// of members and parameters of the token request.
type product struct {
	Name     string            `json:"name"`               // the Go constant's
	Title    string            `json:"title,omitempty"`    // for people
	Defaults map[string]string `json:"defaults,omitempty"` // by member or parameter
}

// Value returns the product's value in a Config.
func (p product) Value() string { return environment{Name: p.Name}.Value() }

// readProducts reads the document's x-products. The first one is the default.
func (v *vendor) readProducts() error {
	if err := extension(v.doc.Extensions, "x-products", &v.document.Products); err != nil {
		return err
	}
	for _, p := range v.document.Products {
		if goName(p.Name) != p.Name || p.Name == "" {
			return fmt.Errorf("x-products: %q is not an exported Go name", p.Name)
		}
	}
	return nil
}

// checkProduct fails unless a call, and each of its servers, belongs to one of the products, if
// there are several.
func (v *vendor) checkProduct(op *operation) error {
	if len(v.document.Products) == 0 || !slices.Contains(op.Tags, "api") {
		return nil
	}
	if !slices.ContainsFunc(v.document.Products, func(p product) bool { return p.Name == op.Product }) {
		return fmt.Errorf("x-product %q is not one of x-products", op.Product)
	}
	for _, s := range op.Servers {
		if s.Product != op.Product {
			return fmt.Errorf("server %s is of product %q, and the operation of %q", s.URL, s.Product, op.Product)
		}
	}
	return nil
}

// A productField is a field of Config with a product's value for it.
type productField struct{ Name, Value string }

// Fields returns the fields of Config for which a product has values.
func (w wiring) Fields(p product) (found []productField, err error) {
	for _, member := range slices.Sorted(maps.Keys(p.Defaults)) {
		f, ok := w.Config.field(member)
		if !ok {
			return nil, fmt.Errorf("x-products: there is no Config field for %s", member)
		}
		found = append(found, productField{f.Name, p.Defaults[member]})
	}
	return found, nil
}

// A productHost is the constant of a product's API in one environment.
type productHost struct{ Product, Environment, Name string }

// Hosts returns the API constants of all products.
func (w wiring) Hosts() (found []productHost) {
	for _, p := range w.Products {
		for _, e := range w.Environments {
			if name := e.APIURLs[p.Name]; name != "" {
				found = append(found, productHost{p.Name, e.Name, name})
			}
		}
	}
	return found
}

// withoutHost lists the products whose API has no host in an environment.
func (w *wiring) withoutHost(e environment) (values []string) {
	for _, p := range w.Products {
		if e.APIURLs[p.Name] == "" {
			values = append(values, "`"+p.Value()+"`")
		}
	}
	return values
}

// byProduct says for the table of settings which products need a field, and which defaults the
// others have.
func (w *wiring) byProduct(f configField) (needs, has string, ok bool) {
	var without, with []string
	needs = "for "
	for i, p := range w.Products {
		value := ""
		for member := range p.Defaults {
			if field, ok := w.Config.field(member); ok && field.Name == f.Name {
				value = p.Defaults[member]
			}
		}
		if value == "" && i == 0 {
			needs = "yes, for "
		}
		if value == "" {
			without = append(without, "`"+p.Value()+"`")
		} else {
			with = append(with, "`"+value+"` for `"+p.Value()+"`")
		}
	}
	return needs + strings.Join(without, ", "), strings.Join(with, ", "), len(with) > 0
}
