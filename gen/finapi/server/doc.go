// Package finapiserver holds the models and the server interface of all that specs/finapi.yaml describes, for the sandbox.
package finapiserver
