// Package side keeps the service's older versions of these modules real: it uses them, and the SDK must not raise them.
package side

import (
	"github.com/getkin/kin-openapi/openapi3"
	"golang.org/x/net/html"
	"golang.org/x/text/language"
)

// Title puts a page's text and a language tag into an API's description.
func Title(page, lang string) *openapi3.Info {
	return &openapi3.Info{Title: html.EscapeString(page), Version: language.Make(lang).String()}
}
