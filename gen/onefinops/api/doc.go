// Package onefinopsapi holds the models and the client of one resource call, generated from specs/onefinops.yaml. Pass a token
// source's Client() to WithHTTPClient, and every call carries its access token. With an http.Client of your own, pass
// its Authorize to WithRequestEditorFn, and its CheckRedirect to that client.
package onefinopsapi
