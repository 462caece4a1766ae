package gen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	finapigen "github.com/finsdk/finsdk-go/gen/finapi"
	finapiapi "github.com/finsdk/finsdk-go/gen/finapi/api"
	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	fincalcgen "github.com/finsdk/finsdk-go/gen/fincalc"
	fincalcapi "github.com/finsdk/finsdk-go/gen/fincalc/api"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
	finventigen "github.com/finsdk/finsdk-go/gen/finventi"
	finventiapi "github.com/finsdk/finsdk-go/gen/finventi/api"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	onefinopsgen "github.com/finsdk/finsdk-go/gen/onefinops"
	onefinopsapi "github.com/finsdk/finsdk-go/gen/onefinops/api"
	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
)

// models holds a value of every model, by the directory of its package; TestModelsAreComplete keeps it so.
var models = map[string][]any{
	"finventi": {
		finventigen.ErrorResponse{}, finventigen.IssueTokenResponse{}, finventigen.ServerFault{}, finventigen.TokenRequest{},
		finventigen.TokenResponse{},
	},
	"finventi/api": {
		finventiapi.PayeeVerification{}, finventiapi.PayeeVerificationRequest{}, finventiapi.VerifyPayeeResponse{},
	},
	"finventi/server": {
		finventiserver.ErrorResponse{}, finventiserver.IntrospectionRequest{}, finventiserver.IntrospectionResponse{},
		finventiserver.Key{}, finventiserver.KeySet{}, finventiserver.LogoutRequest{},
		finventiserver.PayeeVerification{}, finventiserver.PayeeVerificationRequest{},
		finventiserver.RevocationRequest{}, finventiserver.ServerFault{}, finventiserver.TokenRequest{}, finventiserver.TokenResponse{},
	},
	"finapi": {
		finapigen.ErrorResponse{}, finapigen.IssueTokenResponse{}, finapigen.PasswordTokenRequest{},
		finapigen.RefreshTokenRequest{}, finapigen.ServerFault{}, finapigen.TokenRequest{}, finapigen.TokenResponse{},
	},
	"finapi/api": {
		finapiapi.ErrorResponse{}, finapiapi.Identity{}, finapiapi.ServerFault{}, finapiapi.WhoAmIResponse{},
	},
	"finapi/server": {
		finapiserver.ErrorResponse{}, finapiserver.Identity{}, finapiserver.IntrospectionRequest{},
		finapiserver.IntrospectionResponse{}, finapiserver.Key{}, finapiserver.KeySet{}, finapiserver.LogoutRequest{},
		finapiserver.PasswordTokenRequest{}, finapiserver.RefreshTokenRequest{}, finapiserver.RevocationRequest{},
		finapiserver.ServerFault{}, finapiserver.TokenRequest{}, finapiserver.TokenResponse{},
	},
	"onefinops": {
		onefinopsgen.ErrorResponse{}, onefinopsgen.IssueTokenResponse{}, onefinopsgen.ServerFault{}, onefinopsgen.TokenRequest{},
		onefinopsgen.TokenResponse{},
	},
	"onefinops/api": {
		onefinopsapi.APIError{}, onefinopsapi.APIErrorDetail{}, onefinopsapi.APIErrorUpstream{},
		onefinopsapi.EInvoice{}, onefinopsapi.EInvoiceRequest{}, onefinopsapi.GenerateEInvoiceResponse{},
	},
	"onefinops/server": {
		onefinopsserver.APIError{}, onefinopsserver.APIErrorDetail{}, onefinopsserver.APIErrorUpstream{},
		onefinopsserver.EInvoice{}, onefinopsserver.EInvoiceRequest{}, onefinopsserver.ErrorResponse{},
		onefinopsserver.IntrospectionRequest{}, onefinopsserver.IntrospectionResponse{}, onefinopsserver.Key{},
		onefinopsserver.KeySet{}, onefinopsserver.LogoutRequest{}, onefinopsserver.RevocationRequest{},
		onefinopsserver.ServerFault{}, onefinopsserver.TokenRequest{}, onefinopsserver.TokenResponse{},
	},
	"fincalc": {
		fincalcgen.ClientID{}, fincalcgen.ErrorResponse{}, fincalcgen.FailureDescription{},
		fincalcgen.FailureEnvelope{}, fincalcgen.FailureMessage{}, fincalcgen.IssueTokenResponse{},
		fincalcgen.TokenEnvelope{}, fincalcgen.TokenFailure{}, fincalcgen.TokenRequest{}, fincalcgen.TokenResponse{},
	},
	"fincalc/api": {
		fincalcapi.AdviceClient{}, fincalcapi.ClientPage{}, fincalcapi.FailureDescription{},
		fincalcapi.FailureEnvelope{}, fincalcapi.FailureMessage{}, fincalcapi.ListClientsResponse{},
		fincalcapi.PageInfo{}, fincalcapi.PageLinks{},
	},
	"fincalc/server": {
		fincalcserver.AdviceClient{}, fincalcserver.ClientID{}, fincalcserver.ClientPage{},
		fincalcserver.ErrorResponse{}, fincalcserver.FailureDescription{}, fincalcserver.FailureEnvelope{},
		fincalcserver.FailureMessage{}, fincalcserver.PageInfo{}, fincalcserver.PageLinks{},
		fincalcserver.TokenEnvelope{}, fincalcserver.TokenFailure{}, fincalcserver.TokenRequest{},
		fincalcserver.TokenResponse{},
	},
}

// infrastructure names what every generated client or server consists of beside its models.
var infrastructure = []string{
	"Client", "ClientWithResponses",
	"ServerInterfaceWrapper", "StdHTTPServerOptions",
	"UnescapedCookieParamError", "UnmarshalingParamError", "RequiredParamError", "RequiredHeaderError",
	"InvalidParamFormatError", "TooManyValuesForParamError",
}

// TestModelsAreComplete fails for a struct that was added to a document and not to models.
func TestModelsAreComplete(t *testing.T) {
	for dir, values := range models {
		var listed []string
		for _, v := range values {
			listed = append(listed, reflect.TypeOf(v).Name())
		}
		slices.Sort(listed)
		var declared []string
		for _, name := range declaredStructs(t, dir) {
			parameters := strings.HasSuffix(name, "Params") || strings.HasSuffix(name, "Headers")
			if !parameters && !slices.Contains(infrastructure, name) {
				declared = append(declared, name)
			}
		}
		slices.Sort(declared)
		if !slices.Equal(listed, declared) {
			t.Errorf("%s declares\n%v, but listed are\n%v", dir, declared, listed)
		}
	}
}

// declaredStructs returns the exported structs of the package in dir.
func declaredStructs(t *testing.T, dir string) (names []string) {
	t.Helper()
	for _, tree := range parseFiles(t, dir) {
		ast.Inspect(tree, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
				if _, ok := spec.Type.(*ast.StructType); ok {
					names = append(names, spec.Name.Name)
				}
			}
			return true
		})
	}
	return names
}

func parseFiles(t *testing.T, dir string) (trees []*ast.File) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go files in %s: %v", dir, err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		trees = append(trees, tree)
	}
	return trees
}

// TestOneFinOpsImportsOnlyTheStandardLibrary keeps the packages few that a service pulls in by importing onefinops.
func TestOneFinOpsImportsOnlyTheStandardLibrary(t *testing.T) {
	for _, tree := range parseFiles(t, "onefinops") {
		for _, spec := range tree.Imports {
			if first, _, _ := strings.Cut(spec.Path.Value, "/"); strings.Contains(first, ".") {
				t.Errorf("gen/onefinops imports %s", spec.Path.Value)
			}
		}
	}
}
