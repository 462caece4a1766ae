// Package finsdk is the root of the Go SDK for four fintech vendors. It holds what their APIs have
// in common: errors and dates. Import finventi, finapi, onefinops or fincalc for a vendor, and auth
// for what their tokens have in common.
//
// The packages under gen are made from the OpenAPI documents under specs by the line below: run
// `make generate`. The generator lives in the nested module tools, so that services that import the
// SDK do not get its dependencies.
package finsdk

// One document a vendor; the generator holds oapi-codegen as a library.
//go:generate go -C tools run ./finsdkgen -root .. specs/finventi.yaml specs/finapi.yaml specs/onefinops.yaml specs/fincalc.yaml
