package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestForm_mediaTypes sends the same form under other names, as it was sent to Keycloak 26.7.3.
func TestForm_mediaTypes(t *testing.T) {
	c := start(t)
	const form = "grant_type=client_credentials&client_id=sti-client&client_secret=s3cr3t-sti"
	for mediaType, want := range map[string]struct {
		status int
		code   string
	}{
		"application/x-www-form-urlencoded":                   {http.StatusOK, ""},
		"application/x-www-form-urlencoded; charset=nonsense": {http.StatusOK, ""},
		"application/x-www-form-urlencoded; charset=UTF-16":   {http.StatusOK, ""},
		"application/x-www-form-urlencoded; boundary=":        {http.StatusOK, ""},
		"text/plain":                       {http.StatusBadRequest, "invalid_request"},
		"multipart/form-data":              {http.StatusBadRequest, "invalid_request"},
		"multipart/form-data; boundary=zz": {http.StatusInternalServerError, "unknown_error"},
		"nonsense":                         {http.StatusInternalServerError, ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL+finventiToken, strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", mediaType)
		if r := c.do(req); r.status != want.status || r.text("error") != want.code {
			t.Errorf("%s: %d %s, want %d %s", mediaType, r.status, r.body, want.status, want.code)
		}
	}
}

// TestPrefer_failureIsNotCached: a failure on demand has the headers of any other.
func TestPrefer_failureIsNotCached(t *testing.T) {
	c := start(t)
	for _, code := range []string{"400", "401", "403"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL+finapiToken, strings.NewReader("grant_type=password"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Prefer", "code="+code)
		if r := c.do(req); r.header.Get("Cache-Control") != "no-store" || r.header.Get("Pragma") != "no-cache" {
			t.Errorf("%s: headers %v", code, r.header)
		}
	}
}
