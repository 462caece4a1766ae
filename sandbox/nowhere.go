package sandbox

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// bases are what a base URL has behind the host, the likeliest first.
var bases = []string{vendors.FinventiAuthPath, vendors.FinventiAPIPath, vendors.FinventiPayeePath, vendors.FinventiPaymentsPath, vendors.FinAPIAuthPath, vendors.FinAPIAPIPath,
	vendors.OneFinOpsAuthPath, vendors.OneFinOpsSandboxAPIPath, vendors.OneFinOpsLiveAPIPath, vendors.FinCalcPath, vendors.FinCalcPath + "/api", ""}

// mountNowhere answers paths of no vendor. Most come from a base URL without its prefix.
func (s *Server) mountNowhere() {
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if browsersOwn(r) {
			http.NotFound(w, r)
			return
		}
		s.serve(w, r, "", OtherEndpoint, nil, func(c *call.Call) answer.Answer { return s.nowhere(r) })
	})
}

// browsersOwn tells what a browser that shows the page asks for of itself.
func browsersOwn(r *http.Request) bool {
	p := r.URL.Path
	return r.Method == http.MethodGet && (p == "/favicon.ico" || p == "/robots.txt" || strings.HasPrefix(p, "/apple-touch-icon") ||
		strings.HasPrefix(p, "/.well-known/appspecific/"))
}

func (s *Server) nowhere(r *http.Request) answer.Answer {
	prefixes := make([]string, 0, len(Vendors()))
	for _, v := range Vendors() {
		prefixes = append(prefixes, "/"+string(v))
	}
	last := len(prefixes) - 1
	text := "no vendor lives at this path: below the sandbox's URL they begin with " + strings.Join(prefixes[:last], ", ") + " and " + prefixes[last]
	meant := s.meant(r)
	if len(meant) > 0 {
		text += "; probably meant: " + strings.Join(meant, " or ")
	}
	members := jsondoc.Object{{"error", "not_found"}, {"error_description", text}, {"prefixes", prefixes}}
	if len(meant) > 0 {
		members.Set("meant", meant)
	}
	return answer.JSON(http.StatusNotFound, members)
}

// meant returns the served paths that end like this one. It does not repeat the name of an unknown
// realm.
func (s *Server) meant(r *http.Request) []string {
	segments := strings.Split(strings.Trim(path.Clean(r.URL.Path), "/"), "/")
	// What stands before may be another base, or a vendor's name misspelled.
	for skip := 0; skip < min(len(segments), 4); skip++ {
		rest := "/" + strings.Join(segments[skip:], "/")
		var exact, likely []string
		for _, base := range bases {
			pattern := s.servedAt(r, base+rest)
			switch name, hasRealm := realmIn(base + rest); {
			case pattern == "":
			case !hasRealm || s.accounts.HasRealm(base, name):
				exact = append(exact, base+rest)
			default:
				likely = append(likely, strings.Replace(pattern, "{mandator}", "{realm}", 1))
			}
		}
		for _, found := range [][]string{exact, likely} {
			if len(found) > 0 {
				return slices.Compact(found)
			}
		}
	}
	return nil
}

// servedAt returns the path of the pattern by which a vendor serves a path, with any method, or "".
func (s *Server) servedAt(r *http.Request, urlPath string) string {
	if strings.HasPrefix(urlPath, adminPath+"/") {
		return ""
	}
	for _, v := range s.sites {
		for _, prefix := range v.prefixes() {
			rest, below := strings.CutPrefix(urlPath, prefix+"/")
			ops, _ := v.document.At("/" + rest)
			for _, op := range ops {
				if below && v.serves(prefix, op) {
					return prefix + op.Path
				}
			}
		}
	}
	r2, u := new(http.Request), *r.URL
	*r2 = *r
	u.Path, u.RawPath = urlPath, ""
	r2.URL = &u
	_, pattern := s.mux.Handler(r2)
	if _, p, hasMethod := strings.Cut(pattern, " "); hasMethod {
		pattern = p
	}
	if strings.HasSuffix(pattern, "/") || strings.HasSuffix(pattern, "{$}") {
		return "" // the catch-all
	}
	return pattern
}

// realmIn is the name behind /realms/.
func realmIn(urlPath string) (string, bool) {
	_, below, ok := strings.Cut(urlPath, "/realms/")
	name, _, _ := strings.Cut(below, "/")
	return name, ok
}

// straighten redirects a path with dots or double slashes to its clean form, as the router would,
// but in the journal too. A path that begins with two slashes would be a host name in a Location.
func (s *Server) straighten(w http.ResponseWriter, r *http.Request) {
	v := Vendor("")
	for _, known := range Vendors() {
		if strings.HasPrefix(r.URL.Path, "/"+string(known)+"/") {
			v = known
		}
	}
	if v == "" {
		s.serve(w, r, v, OtherEndpoint, nil, func(*call.Call) answer.Answer { return s.nowhere(r) })
		return
	}
	to := *r.URL
	to.Path, to.RawPath = path.Clean(r.URL.Path), ""
	s.serve(w, r, v, OtherEndpoint, nil, func(*call.Call) answer.Answer {
		return answer.Text(http.StatusTemporaryRedirect, "", "").With("Location", to.RequestURI())
	})
}
