package finapi

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
	AccessToken   auth.Secret // a JWT; auth.ParseClaims reads it
	Expiry        time.Time   // counted from when the request was sent
	RefreshToken  auth.Secret // opaque
	RefreshExpiry time.Time   // counted likewise; zero: finAPI did not say
	Scope         []string    // in the vendor's order, which means nothing
	SessionState  string      // id of the user's session

	details Details
	err     error
}

// Details returns what finAPI tells about the user's mandator with every token; see [DetailsOf].
func (t *Token) Details() (Details, error) { return t.details, t.err }

func newToken(t *oauth2.Token) *Token {
	session, _ := t.Extra("session_state").(string)
	token := &Token{
		AccessToken:   auth.NewSecret(t.AccessToken),
		Expiry:        t.Expiry,
		RefreshToken:  auth.NewSecret(t.RefreshToken),
		RefreshExpiry: tokenendpoint.RefreshExpiry(t),
		Scope:         tokenendpoint.Words(t.Extra("scope")),
		SessionState:  session,
	}
	token.details, token.err = DetailsOf(t)
	return token
}

// Format prints the fields, without their secrets, for every verb.
func (t Token) Format(f fmt.State, _ rune) {
	vendorconfig.Format(f, "finapi.Token", "AccessToken", t.AccessToken, "Expiry", t.Expiry, "RefreshToken", t.RefreshToken, "RefreshExpiry", t.RefreshExpiry, "Scope", t.Scope, "SessionState", t.SessionState)
}
