package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/sandbox"
)

// FuzzServer sends anything to any path: the sandbox must not panic, and what it says as JSON must
// be JSON.
func FuzzServer(f *testing.F) {
	for _, path := range []string{finventiToken, finapiToken, onefinopsToken, fincalcToken, whoAmI, listClients + "?PageNumber=1",
		"/finapi/auth/realms/customer/protocol/openid-connect/token/introspect", "/finapi/auth//realms/../x", "/_sandbox/journal?after=1", "/_sandbox/faults"} {
		f.Add(http.MethodPost, path, formType, "Basic c3RpLWNsaWVudDpzM2NyM3Qtc3Rp", "grant_type=client_credentials&client_id=sti-client&client_secret=s3cr3t-sti")
		f.Add(http.MethodPost, path, "application/json", "Bearer a.b.c", fincalcRequest)
		f.Add(http.MethodGet, path, "multipart/form-data; boundary=b", "", "--b\r\n\r\n\r\n--b--")
	}
	f.Fuzz(func(t *testing.T, method, path, contentType, authorization, body string) {
		// A magic name may hang, which is no finding.
		s := sandbox.New(sandbox.WithoutMagic())
		r, err := http.NewRequest(method, "http://127.0.0.1/"+strings.TrimLeft(path, "/"), strings.NewReader(body))
		if err != nil || r.URL.Host != "127.0.0.1" || strings.HasPrefix(r.URL.Path, "/_sandbox/events") {
			t.Skip()
		}
		r.RemoteAddr = "127.0.0.1:1234"
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if _, err := json.Marshal(s.Journal()); err != nil {
			t.Error(err)
		}
	})
}
