package main

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/finsdk/finsdk-go/sandbox"
)

// tell runs the demo in virtual time and returns its output and how long it would have taken.
func tell(t *testing.T, options ...sandbox.Option) (text string, took time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		began := time.Now()
		err = tour(context.Background(), newStory(&out), append(options, sandbox.WithoutNetwork())...)
		text, took = out.String(), time.Since(began)
	})
	return text, took, err
}

func TestDemoTellsOfEveryStep(t *testing.T) {
	text, took, err := tell(t)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if took > 20*time.Second {
		t.Errorf("it takes %s", took)
	}
	// Each regular expression must match after the previous one.
	rest := text
	for _, step := range []string{
		`(?m)^1\. Finventi`,
		`token    Bearer, 3s left, scope ".+"`,
		`claims   iss \S+/realms/sti-connector`, `client_id\s+sti-client`, `exp \d\d:\d\d:\d\d UTC`,
		`report   POST /reports/sask/v1/accounts: status SUCCESS, refId`,
		`close    PUT /reports/sask/v1/accounts: status SUCCESS, closed on 2026-11-29`,
		`reuse    1000 more calls .* 1 token request so far`,
		`expiry   .* minted anew: 2 token requests so far`,
		`verify   POST /v1/accounts/payee-verification(.|\n)* CLOSE_MATCH, the name\s+is\s+Erika\s+Mustermann: 3\s+token\s+requests`,
		`(?m)^2\. finAPI`,
		`claims  .*/realms/customer`, `mandator_name finAPI Demobank`,
		`ask      GET /whoami: username anna`,
		`reuse    1000 more calls .* 1 token request so far`,
		`expiry   .* by refresh token, in the same session: 2\s+token requests so far`,
		`log out  the session ends at the vendor(.|\n)* username\s+anna: 4 token requests so far`,
		`(?m)^3\. OneFinOps`,
		`organization_id org_demo`,
		`register POST /v1/einvoices/generate: IRN [0-9a-f]{8}…`,
		`fetch    GET /v1/einvoices/irn: a signed invoice of \d+ characters`,
		`cancel   POST /v1/einvoices/cancel: status CNL`,
		`again    an error, finsdk.ErrConflict: 409 einvoice.not_cancellable`,
		`expiry   .* minted anew: 2 token requests so far`,
		`(?m)^4\. FinCalc`,
		`list     GET /api/v2/clients, three a page: \d+ clients, the last is `, `tag      POST /api/v2/clients/\w{8}…/tags: \w+ has the tag "Review due"`,
		`too long an error, finsdk.ErrUnprocessable: 422, TagName has to have at most 25 characters`,
		`expiry   .* minted anew: 2 token requests so far`,
		`(?m)^5\. Mistakes`,
		`mistake  a required field is missing`,
		`refused  before anything was sent: onefinops: `, `ClientSecret`, `#onefinops-invalid-configuration\)`,
		`mistake  OneFinOps: a live client calls the sandbox's API host`,
		`refused  before anything was sent: onefinops: `, `#onefinops-host-not-allowed\)`,
		`refused  after 2 token requests: onefinops: GenerateEInvoice: the API answered 401 Unauthorized`,
		`mistake  OneFinOps: the token endpoint is used as the API`,
		`refused  before anything was sent: onefinops: `, `this\s+is\s+the\s+token\s+endpoint`, `#onefinops-host-not-allowed\)`,
		`mistake  Finventi: a wrong secret, used 1000 times`,
		`refused  after 1 token request: finventi: `, `#finventi-credentials-rejected\)`,
		`Everything went as it should: 14 token requests in`,
	} {
		at := regexp.MustCompile(step).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("%q is missing in what follows of the text:\n%s", step, rest)
		}
		rest = rest[at[1]:]
	}
}

func TestDemoIsFitToBeRead(t *testing.T) {
	text, _, err := tell(t)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		// A link is one word, which cannot be wrapped.
		if n := utf8.RuneCountInString(line); n > labelWidth+textWidth && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("a line of %d characters: %s", n, line)
		}
		if strings.HasSuffix(line, " ") {
			t.Errorf("spaces at the end of %q", line)
		}
	}
	if n := strings.Count(text, "\n"); n > 90 { // a document may add some
		t.Errorf("%d lines are more than two screens", n)
	}
	if strings.Contains(text, "\x1b") {
		t.Error("there are colours, though nobody looks on")
	}
}

func TestDemoShowsNoSecretAndNoToken(t *testing.T) {
	text, _, err := tell(t)
	if err != nil {
		t.Fatal(err)
	}
	vendors := sandbox.New()
	for _, secret := range []string{
		testClient.Secret.Reveal(), liveClient.Secret.Reveal(),
		vendors.Finventi("").ClientSecret.Reveal(), vendors.FinAPI("").Password.Reveal(), vendors.FinCalc("").ClientSecret.Reveal(),
		"Bearer ey", "eyJ",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("the text holds %q", secret)
		}
	}
	// A token is a long word.
	if m := regexp.MustCompile(`[A-Za-z0-9_~+=-]{36,}`).FindString(text); m != "" {
		t.Errorf("the text holds %q", m)
	}
}

func TestDemoFailsWhereAStepFails(t *testing.T) {
	// This machine is not on this Finventi's whitelist.
	text, _, err := tell(t, sandbox.WithAllowedIPs("192.0.2.1"))
	if err == nil || !strings.Contains(err.Error(), "failed in 1 of 5 chapters") {
		t.Errorf("got %v", err)
	}
	for _, part := range []string{"FAILED   finventi: ", "whitelist", "4. FinCalc", "1 of 5 chapters failed"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
	if strings.Contains(text, "Everything went as it should") {
		t.Error("it claims success")
	}
}

func TestDemoStopsWhenAskedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		began := time.Now()
		var out bytes.Buffer
		if err := tour(ctx, newStory(&out), sandbox.WithoutNetwork()); err == nil {
			t.Error("it claims success")
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it went on for %s", took)
		}
	})
}

func TestWrap(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"short  as it is", "short  as it is"},
		{"one two three four five", "one two three|four five"},
		{"a-word-longer-than-the-width and more", "a-word-longer-than-the-width|and more"},
		{"two\nlines", "two|lines"},
	} {
		if got := strings.Join(wrap(c.text, 15), "|"); got != c.want {
			t.Errorf("wrap(%q) is %q, want %q", c.text, got, c.want)
		}
	}
}

func TestDemoGoesOnWithoutAClient(t *testing.T) {
	var out bytes.Buffer
	d := &demo{story: newStory(&out)}
	d.tell(t.Context(), func() (*vendor, error) { return nil, errors.New("AuthURL is no URL") })
	if !strings.Contains(out.String(), "AuthURL is no URL") || d.failures != 1 {
		t.Errorf("%d failures:\n%s", d.failures, out.String())
	}
}
