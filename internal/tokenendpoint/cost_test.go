package tokenendpoint_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
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
	_, err := x.Send(tb.Context(), func(*http.Client) (*http.Response, error) {
		header := http.Header{"Content-Type": {"application/json"}, "Date": {"Sun, 22 Nov 2026 09:00:00 GMT"}, "X-Request-Id": {"0123456789abcdef"}}
		return &http.Response{StatusCode: http.StatusBadRequest, Header: header, Body: io.NopCloser(strings.NewReader(body))}, nil
	})
	if err == nil || strings.Contains(err.Error(), secrets[0].Reveal()) {
		tb.Fatalf("got %v", err)
	}
}

const inactive = `{"error":"invalid_grant","error_description":"Token is not active"}`

// The short look that spares a page the search for tokens must not miss one.
func TestCredentialsOfABrokenAnswerAreFoundByTheirNames(t *testing.T) {
	for _, body := range []string{`access_token=s3cr3t-value`, `{"Access_Token":"s3cr3t-value`, `REFRESH_TOKEN: s3cr3t-value`, `{_x_, "id_token":"s3cr3t-value"`,
		`client_secret='s3cr3t-value'`, `client_SECRET=s3cr3t-value`, "client_ſecret=s3cr3t-value", "_access_token_ access_token=s3cr3t-value"} {
		x := &tokenendpoint.Exchange{Vendor: "test", Op: "op"}
		_, err := x.Send(t.Context(), func(*http.Client) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
		var failure *auth.Error
		if !errors.As(err, &failure) || strings.Contains(err.Error()+string(failure.Body), "s3cr3t") {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

// What a failure costs follows from the answer, not from how long the secrets are that are looked for in it.
func TestFailureWithLongSecretsCostsWhatTheAnswerDoes(t *testing.T) {
	allocated := func(secrets ...auth.Secret) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			refuse(t, inactive, secrets...)
		}
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / 10
	}
	short, long := allocated(opaque(30), opaque(30)), allocated(opaque(100<<10), opaque(100<<10))
	if long > 2*short+4<<10 {
		t.Errorf("%d bytes allocated with secrets of 100 KiB, %d with short ones", long, short)
	}
}

func BenchmarkFailure(b *testing.B) {
	for name, c := range map[string]struct {
		body string
		size int
	}{
		"password":             {inactive, 20},
		"1.6 KB token":         {inactive, 1600},
		"100 KiB token":        {inactive, 100 << 10},
		"page of 64 KiB":       {strings.Repeat("<p>Bad gateway</p>\n", 64<<10/20), 1600},
		"page of 64 KiB, long": {strings.Repeat("<p>Bad gateway</p>\n", 64<<10/20), 100 << 10},
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
