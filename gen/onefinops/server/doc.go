// Package onefinopsserver holds the models and the server interface of all that specs/onefinops.yaml describes, for the sandbox.
package onefinopsserver
