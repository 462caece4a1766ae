package peer

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
)

func azurePolicy() Peer {
	transport := func(f Fetch, base http.RoundTripper, _ ...string) http.RoundTripper {
		return &pipeline{runtime.NewPipeline("bench", "v1", runtime.PipelineOptions{
			PerRetry: []policy.Policy{runtime.NewBearerTokenPolicy(credential(f), []string{"scope"}, nil)},
		}, &policy.ClientOptions{
			Retry:     policy.RetryOptions{MaxRetries: -1},
			Telemetry: policy.TelemetryOptions{Disabled: true},
			Transport: transporter{base},
		})}
	}
	return Peer{
		Name:   "azcore bearer policy",
		Module: "github.com/Azure/azure-sdk-for-go/sdk/azcore",
		Note:   "a token is to be had through its pipeline alone, whose cost is counted too",
		Early:  5 * time.Minute,
		Cache: func(f Fetch) Cache {
			var sent sink
			rt := transport(f, &sent)
			return func(ctx context.Context) (string, error) {
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example.com/", nil)
				if err != nil {
					return "", err
				}
				resp, err := rt.RoundTrip(req)
				if err != nil {
					return "", err
				}
				return strings.TrimPrefix(resp.Request.Header.Get("Authorization"), "Bearer "), nil
			}
		},
		Transport: transport,
	}
}

type credential Fetch

func (f credential) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	t, err := f(ctx)
	return azcore.AccessToken{Token: t.Value, ExpiresOn: t.Expiry}, err
}

// A pipeline is azcore's, as a RoundTripper.
type pipeline struct{ runtime.Pipeline }

func (p *pipeline) RoundTrip(req *http.Request) (*http.Response, error) {
	r, err := runtime.NewRequestFromRequest(req)
	if err != nil {
		return nil, err
	}
	return p.Do(r)
}

type transporter struct{ base http.RoundTripper }

func (t transporter) Do(req *http.Request) (*http.Response, error) { return t.base.RoundTrip(req) }

// A sink answers every request with an empty 200.
type sink struct{}

func (*sink) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

func msal() Peer {
	return Peer{
		Name:   "MSAL",
		Module: "github.com/AzureAD/microsoft-authentication-library-for-go",
		Early:  5 * time.Minute,
		Cache: func(f Fetch) Cache {
			return msalCache("https://auth.example.com", roundTripper(func(req *http.Request) (*http.Response, error) {
				t, err := f(req.Context())
				if err != nil {
					return nil, err
				}
				return answer(req, map[string]any{"access_token": t.Value, "token_type": "Bearer", "expires_in": int64(time.Until(t.Expiry).Seconds())})
			}))
		},
		Editor: func(f Fetch, _ ...string) Editor {
			return setBearer(By("MSAL").Cache(f))
		},
		Request: func(url string, base http.RoundTripper) Cache {
			return msalCache(url, base)
		},
	}
}

// msalCache answers MSAL's discovery, which wants https, with the token endpoint at url, and sends
// the rest to base.
func msalCache(url string, base http.RoundTripper) Cache {
	const authority = "https://login.example.com/tenant"
	cred, err := confidential.NewCredFromSecret(ClientSecret)
	if err != nil {
		panic(err)
	}
	client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/openid-configuration") {
			return answer(req, map[string]any{"token_endpoint": url + TokenPath, "authorization_endpoint": authority + "/auth", "issuer": authority})
		}
		return base.RoundTrip(req)
	})}
	c, err := confidential.New(authority, ClientID, cred, confidential.WithHTTPClient(client), confidential.WithInstanceDiscovery(false))
	if err != nil {
		panic(err)
	}
	scopes := []string{"onefinops.api"}
	return func(ctx context.Context) (string, error) {
		r, err := c.AcquireTokenByCredential(ctx, scopes)
		return r.AccessToken, err
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func answer(req *http.Request, body map[string]any) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(string(text))), Request: req}, nil
}
