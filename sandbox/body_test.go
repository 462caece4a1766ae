package sandbox_test

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finsdk/finsdk-go/sandbox"
)

func TestServer_refusesBodiesThatItCannotRead(t *testing.T) {
	for name, tt := range map[string]struct {
		body string
		wait time.Duration
	}{
		"bad chunk": {"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 0},
		"late body": {"Content-Length: 500\r\n\r\ngrant_type=", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := sandbox.Start(t, sandbox.WithoutNetwork())
				conn, err := s.Transport().(*http.Transport).DialContext(t.Context(), "tcp", "")
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				began := time.Now()
				if _, err := io.WriteString(conn, "POST "+finventiToken+" HTTP/1.1\r\nHost: x\r\nContent-Type: "+formType+"\r\n"+tt.body); err != nil {
					t.Fatal(err)
				}
				r, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Body.Close()
				text, err := io.ReadAll(r.Body)
				if took := time.Since(began); err != nil || r.StatusCode != http.StatusBadRequest || string(text) != `{"error":"Bad request"}` || took != tt.wait {
					t.Errorf("%d %s, %v, after %v", r.StatusCode, text, err, took)
				}
				if list := s.Journal(); len(list) != 1 || list[0].Status != http.StatusBadRequest {
					t.Errorf("the journal has %+v", list)
				}
			})
		})
	}
}

func TestServer_letsARequestWaitOnceItsBodyIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.Start(t, sandbox.WithoutNetwork())
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+finventiToken, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Prefer", "delay=1h")
		answer, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d", answer.StatusCode)
		}
	})
}
