package main

import (
	"fmt"
	"slices"
	"strings"
)

// An environment is one set of hosts: the servers whose names begin with its own.
type environment struct {
	Name            string            // Sandbox; "" if there is only one
	AuthURL, APIURL string            // the constants' names, or ""
	APIURLs         map[string]string // by product, if there are several
}

// environments reads the servers of the token operation and of the resource calls. The first one is
// the default.
func (v *vendor) environments(op *operation) (found []environment, err error) {
	add := func(name string) *environment {
		i := slices.IndexFunc(found, func(e environment) bool { return e.Name == name })
		if i < 0 {
			i = len(found)
			found = append(found, environment{Name: name})
		}
		return &found[i]
	}
	var auth, api []server
	auth = op.Servers
	for _, other := range v.document.Operations {
		if slices.Contains(other.Tags, "api") {
			for _, s := range other.Servers {
				if s.Name != "" && !slices.Contains(api, s) {
					api = append(api, s)
				}
			}
		}
	}
	for _, s := range auth {
		base, ok := strings.CutSuffix(s.Name, "URL")
		if !ok {
			return nil, fmt.Errorf("server %s of %s needs an x-go-name such as AuthURL or SandboxAuthURL", s.URL, op.OperationID)
		}
		base = strings.TrimSuffix(strings.TrimSuffix(base, "Auth"), "API") // one server may serve both
		add(base).AuthURL = s.Name
	}
	for _, s := range api {
		if s.Product != "" {
			base, ok := strings.CutSuffix(s.Name, s.Product+"APIURL")
			if !ok {
				return nil, fmt.Errorf("server %s needs an x-go-name such as Sandbox%sAPIURL", s.URL, s.Product)
			}
			e := add(base)
			if e.APIURLs == nil {
				e.APIURLs = make(map[string]string)
			}
			e.APIURLs[s.Product] = s.Name
			continue
		}
		base, ok := strings.CutSuffix(s.Name, "URL")
		if !ok {
			return nil, fmt.Errorf("server %s needs an x-go-name such as APIURL or SandboxAPIURL", s.URL)
		}
		add(strings.TrimSuffix(strings.TrimSuffix(base, "API"), "Auth")).APIURL = s.Name
	}
	// A server without an environment in its name belongs to every environment.
	i := slices.IndexFunc(found, func(e environment) bool { return e.Name == "" })
	if i >= 0 && len(found) > 1 {
		shared := found[i]
		found = slices.Delete(found, i, i+1)
		for j := range found {
			if found[j].AuthURL == "" {
				found[j].AuthURL = shared.AuthURL
			}
			if found[j].APIURL == "" {
				found[j].APIURL = shared.APIURL
			}
		}
	}
	return found, nil
}
