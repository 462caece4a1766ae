// Package fincalcserver holds the models and the server interface of all that specs/fincalc.yaml describes, for the sandbox.
package fincalcserver
