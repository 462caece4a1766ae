// Package finsdk is the root of the Go SDK for four fintech vendors' OAuth token endpoints. There is no code here:
// import finventi, finapi, onefinops or fincalc for a vendor, and auth for what they have in common.
//
// The packages under gen are made from the OpenAPI documents under specs by the lines below: run `make generate`.
// The generator is pinned in the nested module tools, so that its dependencies are not those of whoever imports the SDK.
package finsdk

// Models and client of each vendor's token endpoint.
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/token-form.yaml -package finventigen -o gen/finventi/finventi.gen.go specs/finventi.yaml
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/token-form.yaml -package finapigen -o gen/finapi/finapi.gen.go specs/finapi.yaml
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/token-form.yaml -package onefinopsgen -o gen/onefinops/onefinops.gen.go specs/onefinops.yaml
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/token-json.yaml -package fincalcgen -o gen/fincalc/fincalc.gen.go specs/fincalc.yaml

// Models and client of the resource calls.
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/api.yaml -package finventiapi -o gen/finventi/api/api.gen.go specs/finventi.yaml
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/api.yaml -package finapiapi -o gen/finapi/api/api.gen.go specs/finapi.yaml
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/api.yaml -package onefinopsapi -o gen/onefinops/api/api.gen.go specs/onefinops.yaml
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/api.yaml -package fincalcapi -o gen/fincalc/api/api.gen.go specs/fincalc.yaml

// Server interfaces, for the sandbox.
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/server.yaml -package finventiserver -o gen/finventi/server/server.gen.go specs/finventi.yaml
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/server.yaml -package finapiserver -o gen/finapi/server/server.gen.go specs/finapi.yaml
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/server.yaml -package onefinopsserver -o gen/onefinops/server/server.gen.go specs/onefinops.yaml
//go:generate go tool -modfile=tools/go.mod oapi-codegen -config tools/oapi/server.yaml -package fincalcserver -o gen/fincalc/server/server.gen.go specs/fincalc.yaml

// What keeps secrets in the models out of logs.
//go:generate go -C tools run ./redact ../gen/finventi ../gen/finapi ../gen/onefinops ../gen/fincalc ../gen/finventi/server ../gen/finapi/server ../gen/onefinops/server ../gen/fincalc/server

// The documents' examples as JSON, for tests.
//go:generate go -C tools run ./examples ../gen ../specs/finventi.yaml ../specs/finapi.yaml ../specs/onefinops.yaml ../specs/fincalc.yaml
