// Package finapigen holds the models and the client of the vendor's token endpoint, generated from
// specs/finapi.yaml. Services import package finapi instead, which adds what a document cannot say.
package finapigen
