package finventi

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
)

func TestBrokenConnectionsHintAtTheWhitelist(t *testing.T) {
	untrusted := httptest.NewTLSServer(nil)
	defer untrusted.Close()
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	cut := vendortest.New(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	closed := httptest.NewServer(nil) // the last one, so that no other gets its port
	closed.Close()
	unresolved := vendortest.With(t, &http.Client{Transport: vendortest.RoundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "auth.example", IsNotFound: true}}
	})})
	for name, tt := range map[string]struct {
		ctx       context.Context
		url, hint string
	}{
		"cut":             {t.Context(), cut.URL, "whitelisted IP addresses"},
		"refused":         {t.Context(), closed.URL, "whitelisted IP addresses"},
		"the certificate": {t.Context(), untrusted.URL, "CA certificates"},
		"DNS":             {unresolved, "https://auth.example", "DNS"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := suite.Grant(t, suite.Documented(t, tt.url)).ClientCredentials(tt.ctx)
			vendortest.WantFailure(t, err, "finventi", "client_credentials grant", auth.ErrUnavailable, tt.hint)
		})
	}
}

func TestTimeoutHintsAtTheWhitelist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := suite.Grant(t, suite.Documented(t, "https://auth.example"))
		_, err := g.ClientCredentials(vendortest.With(t, vendortest.Silent()))
		vendortest.WantFailure(t, err, "finventi", "client_credentials grant", auth.ErrUnavailable, "whitelisted IP addresses")
	})
}
