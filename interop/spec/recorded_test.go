package spec_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/finsdk/finsdk-go/interop/spec"
	"github.com/finsdk/finsdk-go/interop/table"
)

// TestRecorded compares the recorded answers of real Keycloaks with the documents, in place of the
// sandbox's. The documents were written from the vendors' pages, and from these answers where the
// pages are silent.
func TestRecorded(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../internal/test/testdata/keycloak/*/*.http")
	if err != nil || len(files) == 0 {
		t.Fatal("nothing is on record", err)
	}
	cases := map[string]table.Case{}
	for _, c := range table.Cases() {
		cases[c.Name] = c
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".http")
		c, known := cases[name]
		if !known {
			t.Errorf("%s answers a request that the table does not have", file)
			continue
		}
		answer, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(filepath.Dir(file))+"/"+name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var seen []spec.Exchange
			check := &spec.Checker{Documents: documents(t), Report: func(x spec.Exchange) {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, x)
			}}
			server := httptest.NewServer(byRealm(check.Handler(replay(t, answer))))
			// Earlier requests were recorded too, but only the last one counts.
			c.Before, c.Event, c.Undo, c.Wait = nil, "", "", 0
			_, err := table.Target{BaseURL: server.URL}.Send(t.Context(), c)
			server.Close()
			if err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, x := range seen {
				switch problem := problem(x); {
				case problem == "":
				case onlyMissing(x.AnswerErr):
					t.Logf("recorded before the document had all of its members, `make record` brings them: %v", x.AnswerErr)
				default:
					t.Errorf("%s: %v", problem, x)
				}
			}
		})
	}
}

// onlyMissing reports whether missing members are the only problem of an answer: a vendor's
// document may gain members that no Keycloak has.
func onlyMissing(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	for part := range strings.SplitSeq(text[strings.Index(text, ": /")+1:], " | ") {
		if !strings.HasSuffix(strings.TrimSpace(part), " is missing") {
			return false
		}
	}
	return true
}

func TestOnlyMissingMembersAreForgiven(t *testing.T) {
	for text, want := range map[string]bool{
		`response body doesn't match schema #/components/schemas/T: /a: property "a" is missing`:                                true,
		`response body doesn't match schema #/components/schemas/T: /a: property "a" is missing | /b: property "b" is missing`:  true,
		`response body doesn't match schema #/components/schemas/T: /a: property "a" is missing | /b: value must be an integer`: false,
		`a redirect, which no document has`: false,
	} {
		if got := onlyMissing(errors.New(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// replay answers every request with the recorded answer.
func replay(t *testing.T, wire []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(wire)), r)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		maps.Copy(w.Header(), answer.Header)
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	})
}
