// Package finventiapi holds the models and the client of one resource call, generated from specs/finventi.yaml. Pass a token
// source's Authorize to WithRequestEditorFn, and every call carries its access token.
package finventiapi
