package finapi

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
)

// Details are the members that finAPI adds to every token response.
type Details struct {
	MandatorName    string
	MandatorUUID    string
	IsTestMandator  bool
	IsTechnicalUser bool
}

// detailNames are the members' names, which a store has to keep beside the token.
var detailNames = []string{"mandator_name", "mandator_uuid", "is_test_mandator", "is_technical_user"}

// DetailsOf returns the details that came with a token of this package's token source, from a store too. A member
// that is absent is empty or false. A token without any of them, or with a truth value that is none, is
// auth.ErrMalformedResponse; the token itself is as good as any.
func DetailsOf(t *oauth2.Token) (Details, error) {
	malformed := func(err error) (Details, error) {
		return Details{}, &auth.Error{Vendor: vendor, Op: "read the mandator's details", Kind: auth.ErrMalformedResponse, Err: err}
	}
	if t == nil {
		return malformed(errors.New("there is no token"))
	}
	found := false
	for _, name := range detailNames {
		found = found || t.Extra(name) != nil
	}
	if !found {
		return malformed(errors.New("none came with the token"))
	}
	var (
		d   Details
		err error
	)
	d.MandatorName, _ = t.Extra("mandator_name").(string)
	d.MandatorUUID, _ = t.Extra("mandator_uuid").(string)
	if d.IsTestMandator, err = flag(t, "is_test_mandator"); err != nil {
		return malformed(err)
	}
	if d.IsTechnicalUser, err = flag(t, "is_technical_user"); err != nil {
		return malformed(err)
	}
	return d, nil
}

// flag reads a truth value, which finAPI sends as a string.
func flag(t *oauth2.Token, name string) (bool, error) {
	switch v := t.Extra(name).(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true":
			return true, nil
		case "false", "":
			return false, nil
		}
	}
	return false, fmt.Errorf("%s is neither true nor false", name)
}
