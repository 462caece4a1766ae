// Package finventigen holds the models and the client of the vendor's token endpoint, generated from
// specs/finventi.yaml. Services import package finventi instead, which adds what a document cannot say.
package finventigen
