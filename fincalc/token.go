package fincalc

import (
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
	"github.com/finsdk/finsdk-go/internal/vendorconfig"
)

// Token is a successful answer of the token endpoint.
type Token struct {
	AccessToken auth.Secret // a JWT; auth.ParseClaims reads it
	Expiry      time.Time   // counted from when the request was sent
	Scope       []string    // what was asked for, unless the vendor says that it granted something else
}

func newToken(t *oauth2.Token, asked string) *Token {
	scope := tokenendpoint.Words(t.Extra("scope"))
	if scope == nil {
		scope = tokenendpoint.Words(asked) // RFC 6749 section 5.1: no scope means the one asked for
	}
	return &Token{AccessToken: auth.NewSecret(t.AccessToken), Expiry: t.Expiry, Scope: scope}
}

// Format prints the fields, without their secrets, for every verb.
func (t Token) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "fincalc.Token", "AccessToken", t.AccessToken, "Expiry", t.Expiry, "Scope", t.Scope)
}
