// Package finapiapi holds the models and the client of one resource call, generated from specs/finapi.yaml. Pass a token
// source's Authorize to WithRequestEditorFn, and every call carries its access token.
package finapiapi
