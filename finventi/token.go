package finventi

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
	Scope       []string    // in the vendor's order, which means nothing
}

func newToken(t *oauth2.Token) *Token {
	return &Token{
		AccessToken: auth.NewSecret(t.AccessToken),
		Expiry:      t.Expiry,
		Scope:       tokenendpoint.Words(t.Extra("scope")),
	}
}

// Format prints the fields, without their secrets, for every verb.
func (t Token) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "finventi.Token", "AccessToken", t.AccessToken, "Expiry", t.Expiry, "Scope", t.Scope)
}
