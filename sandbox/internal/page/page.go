// Package page is the page that a sandbox shows at its root.
package page

import (
	"embed"
	"net/http"
	"strconv"
)

//go:embed index.html page.css page.js
var files embed.FS

// Handlers returns the page's handlers by the pattern that each serves; the page itself is at the
// root, and its parts are below admin.
func Handlers(admin string) map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /{$}":                   file("index.html", "text/html; charset=utf-8"),
		"GET " + admin + "/page.css": file("page.css", "text/css; charset=utf-8"),
		"GET " + admin + "/page.js":  file("page.js", "text/javascript; charset=utf-8"),
	}
}

func file(name, contentType string) http.HandlerFunc {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Content-Length", strconv.Itoa(len(data)))
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "+
			"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		_, _ = w.Write(data)
	}
}
