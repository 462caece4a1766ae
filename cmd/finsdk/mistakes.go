package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/finventi"
	onefinopsgen "github.com/finsdk/finsdk-go/gen/onefinops"
	onefinopsapi "github.com/finsdk/finsdk-go/gen/onefinops/api"
	"github.com/finsdk/finsdk-go/onefinops"
	"github.com/finsdk/finsdk-go/sandbox"
)

// noTraffic is a RoundTripper for requests that must be refused before they are sent.
type noTraffic struct{}

func (noTraffic) RoundTrip(req *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("a request to %s was about to go out", req.URL.Host)
}

// mistakes makes the mistakes that the vendors' pages warn of, and shows how they are refused.
func (d *demo) mistakes(ctx context.Context) error {
	nowhere := &http.Client{Transport: noTraffic{}}
	live := onefinops.Config{ClientID: liveClient.ID, ClientSecret: liveClient.Secret} // at the vendor's own hosts
	source, err := onefinops.NewTokenSource(live, auth.WithHTTPClient(nowhere))
	if err != nil {
		return err
	}
	atSandboxHost := d.sandbox.OneFinOpsLive()
	atSandboxHost.APIURL = d.sandbox.OneFinOps().APIURL
	mixed, err := onefinops.NewTokenSource(atSandboxHost, d.options...)
	if err != nil {
		return err
	}
	wrong := d.sandbox.Finventi()
	wrong.ClientSecret = auth.NewSecret(wrong.ClientSecret.Reveal() + " with a slip")
	forbidden, err := finventi.NewTokenSource(wrong, d.options...)
	if err != nil {
		return err
	}
	for _, m := range []mistake{
		{
			what:   "a required field is missing",
			vendor: sandbox.OneFinOps,
			make: func() error {
				_, err := onefinops.NewTokenSource(onefinops.Config{ClientID: liveClient.ID}, d.options...)
				return err
			},
			kind: auth.ErrInvalidConfig,
		},
		{
			what:   "OneFinOps: a live client calls the sandbox's API host",
			vendor: sandbox.OneFinOps,
			make: func() error {
				return registerAt(ctx, onefinopsgen.SandboxAPIURL, source)
			},
			kind: auth.ErrHostNotAllowed,
		},
		{
			what:   "the same where the SDK cannot know the host: the API itself refuses, and one new token is tried, not more",
			vendor: sandbox.OneFinOps,
			make: func() error {
				return registerAt(ctx, atSandboxHost.APIURL, mixed)
			},
			requests: 2,
		},
		{
			what:   "OneFinOps: the token endpoint is used as the API",
			vendor: sandbox.OneFinOps,
			make: func() error {
				return registerAt(ctx, onefinopsgen.AuthURL, source)
			},
			kind: auth.ErrHostNotAllowed,
		},
		{
			what:   fmt.Sprintf("Finventi: a wrong secret, used %d times", manyCalls),
			vendor: sandbox.Finventi,
			make: func() error {
				var err error
				for range manyCalls {
					if _, err = forbidden.TokenContext(ctx); err == nil {
						return nil
					}
				}
				return err
			},
			kind:     auth.ErrInvalidCredentials,
			requests: 1,
		},
	} {
		if err := d.refuse(m); err != nil {
			return fmt.Errorf("%s: %w", m.what, err)
		}
	}
	return nil
}

// registerAt registers an e-invoice at an API that the source's Config does not name.
func registerAt(ctx context.Context, apiURL string, source *auth.TokenSource) error {
	client, err := onefinopsapi.NewClientWithResponses(apiURL, onefinopsapi.WithHTTPClient(source.Client()))
	if err != nil {
		return err
	}
	resp, err := client.GenerateEInvoiceWithResponse(ctx, &onefinopsapi.GenerateEInvoiceParams{GSTIN: invoice.Seller.GSTIN}, invoice)
	if err != nil {
		return err
	}
	return resp.Err()
}

// mistake is a mistake that must be refused.
type mistake struct {
	what     string
	vendor   sandbox.Vendor
	make     func() error
	kind     error // of the refusal; nil: the API refuses, not the SDK
	requests int   // how many may reach the token endpoint
}

func (d *demo) refuse(m mistake) error {
	before := d.sandbox.TokenRequests(m.vendor)
	err := m.make()
	var failure *auth.Error
	switch {
	case err == nil:
		return errors.New("it was not refused")
	case m.kind == nil && errors.As(err, &failure):
		return fmt.Errorf("it was refused, but not by the API: %w", err)
	case m.kind != nil && !errors.Is(err, m.kind):
		return fmt.Errorf("it was refused, but for another reason: %w", err)
	}
	sent := d.sandbox.TokenRequests(m.vendor) - before
	if sent != m.requests {
		return fmt.Errorf("%d token requests went out, want %d", sent, m.requests)
	}
	d.line("mistake", "%s", m.what)
	when := "before anything was sent"
	if m.kind != auth.ErrInvalidConfig && m.kind != auth.ErrHostNotAllowed {
		when = "after " + plural(sent, "token request")
	}
	d.line("refused", "%s: %s", when, err)
	return nil
}
