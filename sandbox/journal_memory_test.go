package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/sandbox"
)

// TestJournal_keepsTheBeginningOfABody is alone on purpose: it measures what the process holds.
func TestJournal_keepsTheBeginningOfABody(t *testing.T) {
	held := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	const mebibyte, requests = 1<<20 - 200, 6
	filler := strings.Repeat("x", mebibyte)
	for name, ask := range map[string]func() *http.Request{
		"a form": func() *http.Request {
			return httptest.NewRequest(http.MethodPost, finventiToken, strings.NewReader("grant_type=password&client_id=sti-client&username=x"+filler))
		},
		"a secret": func() *http.Request {
			return httptest.NewRequest(http.MethodPost, finventiToken, strings.NewReader("grant_type=password&client_id=sti-client&client_secret=x"+filler))
		},
		"JSON": func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, fincalcToken, strings.NewReader(`{"client_id":1,"scope":"`+filler+`"}`))
			r.Header.Set("Content-Type", "application/json")
			return r
		},
		"headers": func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, finventiToken, nil)
			r.Header.Set("Prefer", filler)
			r.Header.Set("X-Other", filler)
			r.Header.Set("Authorization", "Basic "+filler)
			return r
		},
		"a query": func() *http.Request {
			return httptest.NewRequest(http.MethodPost, finventiToken+"?"+filler, nil)
		},
		"a path": func() *http.Request {
			return httptest.NewRequest(http.MethodPost, "/finapi/api/"+filler, nil)
		},
		"an answer": func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, finventiToken, strings.NewReader("grant_type=client_credentials&client_id=fault-huge&client_secret=x"))
			r.Header.Set("Content-Type", formType)
			return r
		},
	} {
		s := sandbox.New()
		send := func() {
			r := ask()
			if r.Header.Get("Content-Type") == "" {
				r.Header.Set("Content-Type", formType)
			}
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
		send() // makes the key
		before := held()
		for range requests {
			send()
		}
		if grown := (held() - before) / requests; grown > 64<<10 {
			t.Errorf("%s: an exchange holds %d KiB", name, grown>>10)
		}
		for range 2 {
			if n := len(s.Journal()); n != requests+1 {
				t.Errorf("%s: %d exchanges", name, n)
			}
		}
		if grown := (held() - before) / requests; grown > 32<<10 {
			t.Errorf("%s: an exchange that was read holds %d KiB", name, grown>>10)
		}
	}
}
