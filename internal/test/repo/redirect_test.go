package repo

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/fincalc"
	fincalcapi "github.com/finsdk/finsdk-go/gen/fincalc/api"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
)

// domain plays every host of FinCalc's domain: plain http on port 80, https on all other ports. The
// API redirects to target.
type domain struct {
	target, clients string // a URL, and the path of the API's call
	mu              sync.Mutex
	seen            map[string]string // the Authorization header by URL
}

func (d *domain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	d.mu.Lock()
	d.seen[scheme+"://"+r.Host+r.URL.Path] = r.Header.Get("Authorization")
	d.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Method == http.MethodPost:
		_, _ = io.WriteString(w, `{"success":true,"data":{"access_token":"a-token","token_type":"Bearer","expires_in":86400}}`)
	case r.URL.Path == d.clients:
		http.Redirect(w, r, d.target, http.StatusFound)
	default:
		_, _ = io.WriteString(w, `{}`)
	}
}

// transport connects every name to the servers.
func (d *domain) transport(t *testing.T) *http.Transport {
	secure, plain := httptest.NewTLSServer(d), httptest.NewServer(d)
	tr := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // no certificate has these names
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			to := secure
			if strings.HasSuffix(address, ":80") {
				to = plain
			}
			return (&net.Dialer{}).DialContext(ctx, network, to.Listener.Addr().String())
		},
	}
	t.Cleanup(func() { tr.CloseIdleConnections(); secure.Close(); plain.Close() })
	return tr
}

func TestGeneratedClient_redirectTakesNoTokenAlong(t *testing.T) {
	const host = "api.vendor.test"
	var document struct {
		Operations []struct {
			Path string
			Tags []string
		}
	}
	if err := json.Unmarshal(fincalcserver.Document, &document); err != nil {
		t.Fatal(err)
	}
	endpoint := ""
	for _, op := range document.Operations {
		if slices.Contains(op.Tags, "token") {
			endpoint = op.Path
		}
	}
	list, err := fincalcapi.NewListClientsRequest("https://"+host, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		target string
		keeps  bool
	}{
		{"https://" + host + "/api/v3/clients", true},
		{"http://" + host + "/x", false},
		{"https://evil." + host + "/x", false},
		{"https://" + host + ":8443/x", false},
		{"https://evil.test/x", false},
		{"https://" + host + endpoint, false},
	} {
		d := &domain{target: c.target, clients: list.URL.Path, seen: map[string]string{}}
		tr := d.transport(t)
		config := fincalc.Config{ClientID: "1", ClientSecret: auth.NewSecret("s3cret"), Scope: "a", EmailAddress: "a@b.example", AuthURL: "https://" + host, APIURL: "https://" + host}
		source, err := fincalc.NewTokenSource(config,
			auth.WithHTTPClient(&http.Client{Transport: tr}))
		if err != nil {
			t.Fatal(err)
		}
		for name, opts := range map[string][]fincalcapi.ClientOption{
			"the source's client": {fincalcapi.WithHTTPClient(source.Client())},
			"the request editor": {fincalcapi.WithHTTPClient(&http.Client{Transport: tr, CheckRedirect: source.CheckRedirect}),
				fincalcapi.WithRequestEditorFn(source.Authorize)},
		} {
			t.Run(fmt.Sprintf("%s to %s", name, c.target), func(t *testing.T) {
				clear(d.seen)
				api, err := fincalcapi.NewClientWithResponses(config.APIBaseURL(), opts...)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := api.ListClientsWithResponse(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				if got := d.seen[list.URL.String()]; got != "Bearer a-token" {
					t.Errorf("the API saw %q", got)
				}
				got, followed := d.seen[c.target]
				if !followed || (got == "Bearer a-token") != c.keeps || (!c.keeps && got != "") {
					t.Errorf("the target saw %q (reached: %v), want the token: %v", got, followed, c.keeps)
				}
			})
		}
	}
}
