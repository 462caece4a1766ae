package sandbox

import (
	"embed"
	"net/http"
	"strconv"
)

//go:embed page
var pageFiles embed.FS

// mountPage serves the page at the root.
func (s *Server) mountPage() {
	for pattern, file := range map[string][2]string{
		"GET /{$}":                       {"page/index.html", "text/html; charset=utf-8"},
		"GET " + adminPath + "/page.css": {"page/page.css", "text/css; charset=utf-8"},
		"GET " + adminPath + "/page.js":  {"page/page.js", "text/javascript; charset=utf-8"},
	} {
		data, err := pageFiles.ReadFile(file[0])
		if err != nil {
			panic(err) // it is embedded
		}
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if !s.trusts(r.Host) {
				respond(w, http.StatusForbidden, untrustedHost)
				return
			}
			h := w.Header()
			h.Set("Content-Type", file[1])
			h.Set("Content-Length", strconv.Itoa(len(data)))
			h.Set("Cache-Control", "no-cache")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "+
				"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
			_, _ = w.Write(data)
		})
	}
}
