package tokenendpoint_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/internal/tokenendpoint"
)

// opaque is a token of n characters.
func opaque(n int) auth.Secret {
	token := make([]byte, n)
	for i := range token {
		token[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."[rand.IntN(65)]
	}
	return auth.NewSecret(string(token))
}

// refuse is a request that gets a failure for its answer.
func refuse(tb testing.TB, body string, secrets ...auth.Secret) {
	x := &tokenendpoint.Exchange{Vendor: "test", Op: "op", Secrets: secrets}
	_, err := post(vendortest.With(tb, vendortest.Stub(http.StatusBadRequest, body)), x, "https://auth.example")
	if err == nil || strings.Contains(err.Error(), secrets[0].Reveal()) {
		tb.Fatalf("got %v", err)
	}
}

const inactive = `{"error":"invalid_grant","error_description":"Token is not active"}`

// These secrets are not among the request's.
func TestCredentialsOfABrokenAnswerAreFoundByTheirNames(t *testing.T) {
	for _, body := range []string{`access_token=s3cr3t-value`, `{"Access_Token":"s3cr3t-value`, `REFRESH_TOKEN: s3cr3t-value`, `{_x_, "id_token":"s3cr3t-value"`,
		`client_secret='s3cr3t-value'`, `client_SECRET=s3cr3t-value`, "client_ſecret=s3cr3t-value", "_access_token_ access_token=s3cr3t-value", "grant_type=password&password=s3cr3t-value"} {
		x := &tokenendpoint.Exchange{Vendor: "test", Op: "op"}
		_, err := post(vendortest.With(t, vendortest.Stub(http.StatusBadRequest, body)), x, "https://auth.example")
		if err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

// A source keeps a token or a failure for long, so it must not keep an answer of 1 MiB.
func TestWhatIsKeptOfALargeAnswerIsSmall(t *testing.T) {
	fill := func(before, each, after string) string {
		return before + strings.Repeat(each, (1<<20-len(before)-len(after)-100)/len(each)) + after
	}
	members := func(n int, value string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"member_%d":%s`, i, value)
		}
		return b.String()
	}
	const token = `{"access_token":"abc","token_type":"Bearer","expires_in":900`
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"unknown lists":            {200, fill(token+`,"unknown":[[]`, ",[]", "]}")},
		"unknown members":          {200, token + members(50_000, "1") + "}"},
		"an unknown text":          {200, fill(token+`,"unknown":"`, "x", `"}`)},
		"lists for a scope":        {200, fill(token+`,"scope":[[]`, ",[]", "]}")},
		"objects for a scope":      {200, fill(token+`,"scope":{"":[{}`, ",{}", "]}}")},
		"lists for a number":       {200, fill(token+`,"refresh_expires_in":[[]`, ",[]", "]}")},
		"lists for a refresh":      {200, fill(token+`,"refresh_token":[[]`, ",[]", "]}")},
		"a failure with lists":     {400, fill(`{"error":"invalid_request","x":[[]`, ",[]", "]}")},
		"a failure with a text":    {400, fill(`{"error":"invalid_request","error_description":"`, "x ", `"}`)},
		"a failure of plain text":  {500, fill("", "no ", "")},
		"a success with a failure": {200, fill(`{"error":"invalid_request","error_description":"`, "x ", `"}`)},
		"a page":                   {502, fill("<html>", "<p>Bad gateway</p>", "")},
		"a malformed success":      {200, fill(`{"x":"`, "x", `"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := vendortest.With(t, vendortest.Stub(c.status, c.body))
			heap := func() uint64 {
				var m runtime.MemStats
				runtime.GC()
				runtime.GC()
				runtime.ReadMemStats(&m)
				return m.HeapAlloc
			}
			before := heap()
			tok, err := ask(ctx, "https://auth.example")
			after := heap()
			if (err == nil) != (tok != nil) || (err == nil) != strings.HasPrefix(c.body, token) {
				t.Errorf("got %v, %v", tok, err)
			}
			runtime.KeepAlive(tok)
			if kept := int64(after) - int64(before); kept > 256<<10 {
				t.Errorf("%d KiB are kept of an answer of %d KiB", kept>>10, len(c.body)>>10)
			}
		})
	}
}

// Some servers send a list of words as the scope. It is kept.
func TestListForATextIsKeptUnlessItIsLarge(t *testing.T) {
	for n, want := range map[int]int{3: 3, 500: 500, 1500: 0} {
		body := `{"access_token":"abc","expires_in":900,"scope":["a"` + strings.Repeat(`,"a"`, n-1) + `]}`
		tok, err := ask(vendortest.With(t, vendortest.Stub(200, body)), "https://auth.example")
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := tok.Extra("scope").([]any); !ok || len(got) != want {
			t.Errorf("of %d words %d are kept, want %d", n, len(got), want)
		}
	}
}

func BenchmarkFailure(b *testing.B) {
	for name, c := range map[string]struct {
		body string
		size int
	}{
		"password":       {inactive, 20},
		"1.6 KB token":   {inactive, 1600},
		"page of 64 KiB": {strings.Repeat("<p>Bad gateway</p>\n", 64<<10/20), 1600},
	} {
		b.Run(name, func(b *testing.B) {
			secrets := []auth.Secret{opaque(c.size), opaque(c.size)}
			b.ReportAllocs()
			for b.Loop() {
				refuse(b, c.body, secrets...)
			}
		})
	}
}

func TestUsualAnswerIsReadWithFewAllocations(t *testing.T) {
	body := []byte(`{"access_token":"abc","token_type":"Bearer","expires_in":900,"scope":"a b"}`)
	n := testing.AllocsPerRun(100, func() {
		m, err := tokenendpoint.ParseMembers(body)
		if access, ok := m.Text("access_token"); err != nil || !ok || access != "abc" {
			t.Fatal(m, err)
		}
	})
	if n > 3 { // the map, in two, and the token
		t.Errorf("%v allocations", n)
	}
}
