// Package documents has the documents of the four vendors, and reads what they say of tokens.
package documents

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// all are the documents, each read when it is first needed.
var all = map[vendors.Vendor]func() *openapi.Document{
	vendors.Finventi:  parsed(finventiserver.Document),
	vendors.FinAPI:    parsed(finapiserver.Document),
	vendors.OneFinOps: parsed(onefinopsserver.Document),
	vendors.FinCalc:   parsed(fincalcserver.Document),
}

func parsed(text []byte) func() *openapi.Document {
	return sync.OnceValue(func() *openapi.Document {
		d, err := openapi.Parse(text)
		if err != nil {
			panic(err) // it is generated
		}
		return d
	})
}

// Of returns the document of one of the four vendors.
func Of(v vendors.Vendor) *openapi.Document { return all[v]() }

// tokenExample is the token answer that a document shows, without its envelope.
func tokenExample(d *openapi.Document) map[string]any {
	_, r := d.Tagged("token").Success()
	members, _ := r.Content[openapi.JSON(r.Content)].Example().(map[string]any)
	return withinEnvelope(members)
}

// withinEnvelope returns the object that holds the access token, at any depth, or nil.
func withinEnvelope(members map[string]any) map[string]any {
	if _, ok := members["access_token"]; ok {
		return members
	}
	for _, value := range members {
		if inner, ok := value.(map[string]any); ok {
			if found := withinEnvelope(inner); found != nil {
				return found
			}
		}
	}
	return nil
}

// TokenScopes are the words of the scope in a document's token answer.
func TokenScopes(d *openapi.Document) []string {
	scope, _ := tokenExample(d)["scope"].(string)
	return strings.Fields(scope)
}

// ConstantScopes are the words of a scope that every request has to name.
func ConstantScopes(d *openapi.Document) []string {
	for _, m := range d.Tagged("token").RequestBody.Content {
		for _, s := range m.Schema.Variants() {
			if p := s.Properties["scope"]; p != nil && len(p.Enum) == 1 {
				scope, _ := p.Enum[0].(string)
				return strings.Fields(scope)
			}
		}
	}
	return nil
}

// TokenSeconds is a member of the token answer, a number or a text.
func TokenSeconds(d *openapi.Document, member string) time.Duration {
	n, _ := strconv.ParseInt(fmt.Sprint(tokenExample(d)[member]), 10, 64)
	return time.Duration(n) * time.Second
}
