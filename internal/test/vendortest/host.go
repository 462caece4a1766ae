package vendortest

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
)

// WantHost fails unless err refuses the host with this hint, or is nil if the hint is empty.
func WantHost(t testing.TB, err error, hint string) {
	t.Helper()
	switch {
	case hint == "" && err != nil:
		t.Errorf("refused: %v", err)
	case hint != "" && (!errors.Is(err, auth.ErrHostNotAllowed) || !strings.Contains(err.Error(), hint)):
		t.Errorf("got %v, want ErrHostNotAllowed with %q", err, hint)
	}
}

func (v Vendor[C, G, T]) testHosts(t *testing.T) {
	apiURL := v.field("APIURL")
	elsewhere := "call the API's own host"
	api := v.Documented(t, "").APIBaseURL()
	if api == "" {
		elsewhere = "set APIURL (" + apiURL.env + ")"
	}
	endpoint := readDocument(t, v.Name).request(t, false).url
	set := func(c *C) { apiURL.set(c, "https://api.vendor.test/base/") }
	tests := append([]Host[C]{
		{URL: endpoint.String(), Refused: "this is the token endpoint"},
		{URL: "https://evil.test/", Refused: elsewhere},
		{URL: "https://api.vendor.test/v1/x", Change: set},
		{URL: "http://api.vendor.test/v1/x", Change: set, Refused: "use https"},
		{URL: endpoint.Scheme + "://" + endpoint.Host + "/v1/x", Change: set, Refused: "this is the token endpoint, which gets the secret and never the token; the API is at https://api.vendor.test/"},
	}, v.Hosts...)
	if api != "" {
		tests = append(tests, Host[C]{URL: api + "/v1/x"}, Host[C]{URL: strings.Replace(api, "https://", "http://", 1) + "/v1/x", Refused: "use https"})
	}
	for _, tt := range tests {
		t.Run(tt.URL, func(t *testing.T) {
			c := v.Documented(t, "")
			if tt.Change != nil {
				tt.Change(&c)
			}
			v.wantHost(t, c, tt.URL, tt.Refused)
		})
	}
	t.Run("host of an option", func(t *testing.T) {
		v.wantHost(t, v.Documented(t, ""), "https://gateway.example/x", "", auth.WithAPIHosts("gateway.example"))
		if api != "" {
			v.wantHost(t, v.Documented(t, ""), api+"/x", "", auth.WithAPIHosts("gateway.example"))
		}
	})
}

// wantHost fails unless a source of c sends the token to target or, if refused is not empty,
// refuses to with that text.
func (v Vendor[C, G, T]) wantHost(t testing.TB, c C, target, refused string, opts ...auth.Option) {
	t.Helper()
	answer, _ := readDocument(t, v.Name).answer(t)
	source := v.source(t, c, append(opts, auth.WithHTTPClient(Stub(http.StatusOK, answer)))...)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = source.Authorize(t.Context(), req)
	WantHost(t, err, refused)
	if (err == nil) != (req.Header.Get("Authorization") != "") {
		t.Errorf("header %v with error %v", req.Header, err)
	}
}

func (v Vendor[C, G, T]) testSharedHost(t *testing.T) {
	const base = "https://gateway.test/gw"
	c := v.Documented(t, base)
	v.field("APIURL").set(&c, base)
	path := readDocument(t, v.Name).request(t, false).path
	for target, refused := range map[string]string{
		base + "/v1/ok":            "",
		base + path:                "this is the token endpoint",
		base + path + "/x":         "this is the token endpoint",
		base + "/v1/.." + path:     "this is the token endpoint",
		"https://evil.test" + path: "call the API's own host",
	} {
		v.wantHost(t, c, target, refused)
	}
}
