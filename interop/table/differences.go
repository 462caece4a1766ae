package table

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// lifetimeSlack is the largest difference in seconds of two lifetimes that agree. If a session's
// end shortens them, a second may pass between the session's beginning and the token's.
const lifetimeSlack = 2

// Differences lists how two answers to one case differ. An empty list means that they agree.
func Differences(want, got Answer) []string {
	var d []string
	note := func(what string, want, got any) {
		if !reflect.DeepEqual(want, got) {
			d = append(d, fmt.Sprintf("%s: want %v, got %v", what, want, got))
		}
	}
	note("request", want.Request, got.Request)
	note("status", want.Status, got.Status)
	note("error", want.Error, got.Error)
	note("error_description", want.Description, got.Description)
	note("text", want.Text, got.Text)
	d = append(d, different("header", want.Header, got.Header)...)
	d = append(d, different("member", want.Members, got.Members)...)
	for _, name := range slices.Sorted(maps.Keys(union(want.Values, got.Values))) {
		w, wok := want.Values[name].(float64)
		g, gok := got.Values[name].(float64)
		if wok && gok && (name == "expires_in" || name == "refresh_expires_in") && abs(w-g) <= lifetimeSlack && w > 0 == (g > 0) {
			continue
		}
		note("value of "+name, want.Values[name], got.Values[name])
	}
	for _, name := range slices.Sorted(maps.Keys(union(want.Tokens, got.Tokens))) {
		w, g := want.Tokens[name], got.Tokens[name]
		if w == nil || g == nil {
			note(name+" is a JWT", w != nil, g != nil)
			continue
		}
		d = append(d, different(name+" header", w.Header, g.Header)...)
		d = append(d, different(name+" claim", w.Claims, g.Claims)...)
	}
	return d
}

func different(what string, want, got map[string]string) []string {
	var d []string
	for _, name := range slices.Sorted(maps.Keys(union(want, got))) {
		w, wok := want[name]
		g, gok := got[name]
		switch {
		case !gok:
			d = append(d, fmt.Sprintf("%s %s: want %s, got none", what, name, w))
		case !wok:
			d = append(d, fmt.Sprintf("%s %s: want none, got %s", what, name, g))
		case w != g:
			d = append(d, fmt.Sprintf("%s %s: want %s, got %s", what, name, w, g))
		}
	}
	return d
}

func union[V any](a, b map[string]V) map[string]V {
	u := maps.Clone(a)
	if u == nil {
		u = map[string]V{}
	}
	maps.Copy(u, b)
	return u
}

func abs(f float64) float64 {
	if f < 0 {
		return -f
	}
	return f
}
