// Package finsdk is the root of the Go SDK for four fintech vendors. It has the types that all
// their APIs share: errors, dates and ids. Import finventi, finapi, onefinops or fincalc to call a
// vendor, and auth for options and errors of tokens.
//
// The go:generate line below makes the packages under gen from the OpenAPI documents under specs:
// run `make generate`. The generator lives in the nested module tools, so that services that import
// the SDK do not get its dependencies.
package finsdk

// One document for each vendor. The generator uses oapi-codegen as a library.
//go:generate go -C tools run ./finsdkgen -root .. specs/finventi.yaml specs/finapi.yaml specs/onefinops.yaml specs/fincalc.yaml
