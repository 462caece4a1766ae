// Package finventiserver holds the models and the server interface of all that specs/finventi.yaml describes, for the sandbox.
package finventiserver
