package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

const (
	tokenLife = 3 * time.Second
	manyCalls = 1000
)

// The demo's own clients at OneFinOps. For the other vendors it uses the sandbox's clients.
var (
	testClient = sandbox.Client{ID: "ofin_test_demo", Secret: auth.NewSecret("correct-horse-battery"), OrganizationID: "org_demo"}
	liveClient = sandbox.Client{ID: "ofin_live_demo", Secret: auth.NewSecret("staple-correct-horse"), OrganizationID: "org_demo"}
)

const aboutDemo = `usage: finsdk demo

A tour of the SDK against the four vendors, played by the sandbox in this process: tokens, calls, renewals and refused
mistakes. It takes some 15 seconds, because it waits for tokens to expire, and no flags.
`

func runDemo(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if err := parse(flag.NewFlagSet("demo", flag.ContinueOnError), aboutDemo, args, stdout, stderr); err != nil {
		return err
	}
	return tour(ctx, newStory(stdout))
}

// tour starts the sandbox with the given options, and shows the tour.
func tour(ctx context.Context, s *story, options ...sandbox.Option) error {
	began := time.Now()
	vendors, err := sandbox.Listen("127.0.0.1:0", append([]sandbox.Option{
		sandbox.WithClient(sandbox.OneFinOps, testClient),
		sandbox.WithClient(sandbox.OneFinOps, liveClient),
		sandbox.WithLifetimes(sandbox.Finventi, sandbox.Lifetimes{Access: tokenLife}),
		sandbox.WithLifetimes(sandbox.FinAPI, sandbox.Lifetimes{Access: tokenLife}),
		sandbox.WithLifetimes(sandbox.OneFinOps, sandbox.Lifetimes{Access: tokenLife}),
		sandbox.WithLifetimes(sandbox.FinCalc, sandbox.Lifetimes{Access: tokenLife}),
	}, options...)...)
	if err != nil {
		return err
	}
	defer vendors.Close()
	d := &demo{story: s, sandbox: vendors, options: []auth.Option{auth.WithHTTPClient(vendors.Client())}}

	s.intro("Four vendors, played by the sandbox at %s; nothing leaves this machine. Tokens live %s here, so that you can watch them being renewed. Each API is called by the client that is generated from its document: onefinops.NewClient(config) and its siblings.", vendors.URL, tokenLife)
	for _, build := range []func() (*vendor, error){d.finventi, d.finapi, d.onefinops, d.fincalc} {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d.tell(ctx, build)
	}
	s.chapter("Mistakes, and how they are refused", func() error { return d.mistakes(ctx) })

	total := 0
	for _, v := range sandbox.Vendors() {
		total += d.sandbox.TokenRequests(v)
	}
	if s.failures > 0 {
		s.intro("\n%d of %d chapters failed.", s.failures, s.chapters)
		return fmt.Errorf("the demo failed in %d of %d chapters", s.failures, s.chapters)
	}
	s.intro("\nEverything went as it should: %d token requests in %s.", total, time.Since(began).Round(time.Second/10))
	return nil
}

// demo is the state that the chapters share.
type demo struct {
	*story
	sandbox *sandbox.Instance
	options []auth.Option // for every token source
}

// tell tells the chapter of one vendor.
func (d *demo) tell(ctx context.Context, build func() (*vendor, error)) {
	v, err := build()
	if err != nil {
		d.chapter("A client that cannot be made", func() error { return err })
		return
	}
	d.chapter(v.title, func() error {
		for _, step := range []func(context.Context, *vendor) error{d.mint, func(ctx context.Context, v *vendor) error { return v.story(ctx) }, d.reuse, d.expire} {
			if err := step(ctx, v); err != nil {
				return err
			}
		}
		if v.epilogue == nil {
			return nil
		}
		return v.epilogue(ctx, v)
	})
}

// requests reports how many token requests the vendor has received. It fails if the number is not
// the expected one.
func (d *demo) requests(v *vendor, want int) (string, error) {
	got := d.sandbox.TokenRequests(v.name)
	if got != want {
		return "", fmt.Errorf("the vendor has seen %d token requests, want %d", got, want)
	}
	return plural(got, "token request") + " so far", nil
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func (d *demo) mint(ctx context.Context, v *vendor) error {
	token, err := v.source.TokenContext(ctx)
	if err != nil {
		return err
	}
	v.token = token
	scope := ""
	if text, ok := token.Extra("scope").(string); ok {
		scope = fmt.Sprintf(", scope %q", text)
	}
	d.line("token", "%s, %s left%s, a JWT of %d characters", token.Type(), time.Until(token.Expiry).Round(time.Second/10), scope, len(token.AccessToken))

	claims, err := auth.ParseClaims(token.AccessToken)
	if err != nil {
		return err
	}
	d.line("claims", "%s, exp %s", v.claims(claims), claims.ExpiresAt.UTC().Format("15:04:05 MST"))
	return nil
}

func (d *demo) reuse(ctx context.Context, v *vendor) error {
	for range manyCalls {
		token, err := v.source.TokenContext(ctx)
		if err != nil {
			return err
		}
		if token.AccessToken != v.token.AccessToken {
			return errors.New("a second token came while the first was fresh")
		}
	}
	count, err := d.requests(v, 1)
	if err != nil {
		return err
	}
	d.line("reuse", "%d more calls for a token got the same one: %s", manyCalls, count)
	return nil
}

func (d *demo) expire(ctx context.Context, v *vendor) error {
	if err := wait(ctx, v.token.Expiry); err != nil {
		return err
	}
	token, err := v.source.TokenContext(ctx)
	if err != nil {
		return err
	}
	if token.AccessToken == v.token.AccessToken {
		return errors.New("the source returned the old token after its expiry")
	}
	if v.renewed != nil {
		if err := v.renewed(v.token, token); err != nil {
			return err
		}
	}
	v.token = token
	count, err := d.requests(v, 2)
	if err != nil {
		return err
	}
	d.line("expiry", "waited for it; the next call got a new token, %s: %s", v.renewal, count)
	return nil
}

// wait returns once t is past.
func wait(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(t) + 10*time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
