// Package auth keeps access tokens: it turns a Grant, which asks one vendor for one token, into an
// oauth2.TokenSource that caches, renews ahead of expiry, and puts the Bearer header on requests.
package auth
