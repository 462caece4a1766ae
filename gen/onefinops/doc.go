// Package onefinopsgen holds the models and the client of the vendor's token endpoint, generated from
// specs/onefinops.yaml. Services import package onefinops instead, which adds what a document cannot say.
package onefinopsgen
