package vendortest

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/accesstoken"
)

const fuzzSecret = "s3cr3t&val=ue"

// FuzzResponse answers token requests with arbitrary bytes. The outcome is a usable token, or an
// error that says what to do and contains no secret.
func FuzzResponse[C Config, G auth.Grant, T Token](f *testing.F, v Vendor[C, G, T]) {
	d := readDocument(f, v.Name)
	answer, _ := d.answer(f)
	bodies := append(v.Answers, answer, `{"error":"invalid_grant","error_description":"`+fuzzSecret+`"}`, "<html>", "", "null")
	for _, e := range d.failures() {
		bodies = append(bodies, e.text)
	}
	for _, body := range bodies {
		f.Add(200, body)
		f.Add(400, body)
		f.Add(401, body)
	}
	c := v.Documented(f, "")
	v.secret().set(&c, fuzzSecret)
	g := v.Grant(f, c)
	exchanges := v.exchanges(f, fuzzSecret)
	f.Fuzz(func(t *testing.T, status int, body string) {
		client := Stub(200+(status%400+400)%400, body)
		for _, e := range exchanges {
			token, err := e.call(t, g, client)
			if err == nil {
				expiry := member[time.Time](t, token, "Expiry")
				if accesstoken.Check(member[auth.Secret](t, token, "AccessToken").Reveal()) != nil || !expiry.After(time.Now()) {
					t.Errorf("unusable token until %v", expiry)
				}
				_ = token.Err() // the token is valid either way
				continue
			}
			var failure *auth.Error
			if !errors.As(err, &failure) || failure.Vendor != v.Name || failure.Kind == nil || failure.Hint == "" {
				t.Errorf("unusable error %v", err)
			}
			NoLeak(t, "error", err, fuzzSecret)
		}
	})
}

// FuzzSegment sets the Config's path segment to arbitrary values. An accepted one is one segment of
// the token endpoint's path, unchanged.
func FuzzSegment[C Config, G auth.Grant, T Token](f *testing.F, v Vendor[C, G, T]) {
	for _, s := range append(BadSegments, "sti-connector", "customer", "0e1a7e0c-6a52-4a39-b6a1-9c8a6b1c0000") {
		f.Add(s)
	}
	answer, _ := readDocument(f, v.Name).answer(f)
	segment, ok := v.segment(f)
	if !ok {
		f.Fatal("no field is a segment of the path")
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := v.Documented(t, "https://auth.example/base")
		segment.set(&c, s)
		g, err := v.NewGrant(c)
		if err != nil {
			return
		}
		r := &recorder{answer: answer}
		if _, err := v.Ask(g, With(t, &http.Client{Transport: r})); err != nil {
			t.Fatal(err)
		}
		want := v.path(t, s)
		if strings.TrimSpace(s) == "" {
			want = readDocument(t, v.Name).request(t, false).path
		}
		if got := r.requests[0].Path; got != "https://auth.example/base"+want {
			t.Errorf("%q leads to %s, want %s", s, got, want)
		}
	})
}
