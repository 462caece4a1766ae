// Package fincalcgen holds the models and the client of the vendor's token endpoint, generated from
// specs/fincalc.yaml. Services import package fincalc instead, which adds what a document cannot say.
package fincalcgen
