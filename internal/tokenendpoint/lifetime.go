package tokenendpoint

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

// clampedLifetime replaces an implausible lifetime if the token has no claims about its own.
const clampedLifetime = 24 * time.Hour

// ErrExpired is wrapped by the failure of a request whose token expired before it could be used.
// The failure may pass: the next token may live longer.
var ErrExpired = errors.New("the token had expired on arrival")

// lifetime returns the lifetime of a token, in whole seconds. now is the time by the clock of the
// server that issued it.
func lifetime(m Members, accessToken string, now time.Time) (time.Duration, error) {
	if !m.Has("expires_in") {
		left, ok := claimedLifetime(accessToken, now)
		switch {
		case !ok:
			return 0, errors.New("expires_in is missing, and the access token does not tell its expiry")
		case left > accesstoken.MaxLifetime:
			return clampedLifetime, nil
		}
		return positive(left)
	}
	seconds, ok := parseSeconds(m["expires_in"])
	switch {
	case !ok:
		return 0, errors.New("expires_in is not a number of seconds")
	case seconds <= accesstoken.MaxLifetime.Seconds():
		return positive(time.Duration(max(seconds, 0)) * time.Second) // negative: nothing is left
	}
	if left, ok := claimedLifetime(accessToken, now); ok && left >= time.Second && left <= accesstoken.MaxLifetime {
		return positive(left)
	}
	return clampedLifetime, nil
}

func positive(d time.Duration) (time.Duration, error) {
	if d = d.Truncate(time.Second); d <= 0 {
		return 0, ErrExpired
	}
	return d, nil
}

// claimedLifetime returns the lifetime that the token's own claims give: until exp, but at most
// from iat to exp, because the vendor's clock may be ahead of now.
func claimedLifetime(accessToken string, now time.Time) (time.Duration, bool) {
	claims, err := auth.ParseClaims(accessToken)
	if err != nil || claims.ExpiresAt.IsZero() {
		return 0, false
	}
	left := claims.ExpiresAt.Sub(now)
	if !claims.IssuedAt.IsZero() {
		left = min(left, claims.ExpiresAt.Sub(claims.IssuedAt))
	}
	return left, true
}

// parseSeconds reads a JSON number or, because some proxies turn numbers into text, a string with a
// number. It cuts off a fraction.
func parseSeconds(raw json.RawMessage) (float64, bool) {
	text := string(raw)
	if strings.HasPrefix(text, `"`) {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return 0, false
		}
		text = strings.TrimSpace(s)
	}
	// ParseFloat accepts spellings that JSON does not have: Inf, NaN, 0x10, 1_000.
	if text == "" || strings.Trim(text, "+-.eE0123456789") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return math.Trunc(f), true
}

// Requested returns when the request for t was sent. ok is false if t does not hold that time.
func Requested(t *oauth2.Token) (at time.Time, ok bool) {
	if t == nil || t.Expiry.IsZero() || t.ExpiresIn <= 0 {
		return time.Time{}, false
	}
	return t.Expiry.Add(-time.Duration(t.ExpiresIn) * time.Second), true
}

// RefreshExpiry returns when t's refresh token expires. It returns the zero time if the vendor did
// not say: refresh_expires_in is absent if the expiry is unknown, and 0 for a refresh token that
// never expires.
func RefreshExpiry(t *oauth2.Token) time.Time {
	at, ok := Requested(t)
	if !ok || t.RefreshToken == "" {
		return time.Time{}
	}
	raw, err := json.Marshal(t.Extra("refresh_expires_in"))
	if err != nil {
		return time.Time{}
	}
	seconds, ok := parseSeconds(raw)
	if !ok || seconds <= 0 || seconds > accesstoken.MaxLifetime.Seconds() {
		return time.Time{}
	}
	return at.Add(time.Duration(seconds) * time.Second)
}
