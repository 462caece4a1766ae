package browsertest

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/finsdk/finsdk-go/auth"
	"github.com/finsdk/finsdk-go/sandbox"
)

var update = flag.Bool("update", false, "write docs/sandbox.png and docs/sandbox-dark.png")

func TestTokensAndCalls(t *testing.T) {
	b := open(t)
	defer b.close()
	for key, path := range map[string]string{
		"finventi sti-client":     "reports/sask/v1/accounts",
		"finapi anna":             "whoami",
		"onefinops ofin_test_abc": "einvoices/generate",
		"fincalc 12345":           "clients",
	} {
		b.press(key + " get")
		b.toast("gave a token for")
		b.newest("200 POST")
		b.press(key + " call")
		b.toast("API answered 200")
		b.newest(path)
	}
	b.wait(`document.querySelectorAll("#tokens tr").length === 4`)
	b.wait(`[...document.querySelectorAll("#tokens td.num")].every((e) => e.textContent === "1")`)
	if left := js[string](b, `document.querySelector("#tokens .state").textContent`); !strings.Contains(left, ":") {
		t.Errorf("time left: %q", left)
	}
	for _, x := range b.vendors.Journal() {
		if x.Status != 200 {
			t.Errorf("%s %s: %d", x.Method, x.Path, x.Status)
		}
	}
	// Each vendor's card counts.
	for _, v := range sandbox.Vendors() {
		if got := js[string](b, fmt.Sprintf(`document.querySelector("#vendor-%s .count").textContent`, v)); got != "1 token request" {
			t.Errorf("%s: %q", v, got)
		}
	}
}

func TestFaults(t *testing.T) {
	b := open(t)
	defer b.close()
	b.choose("fault-vendor", "finventi")
	b.click(`[data-fault="503"]`)
	b.wait(`document.querySelectorAll("#faults li").length === 1`)
	b.press("finventi sti-client get")
	b.newest("503 POST")
	b.newest("fault 503")
	b.wait(`document.querySelectorAll("#faults li").length === 0`)

	// By the form, for as long as it is not removed.
	b.choose("fault-vendor", "finapi")
	b.choose("fault-name", "disabled")
	b.choose("fault-times", "0")
	b.click("#inject")
	b.wait(`document.querySelector("#faults li")?.innerText.includes("finapi · token · disabled")`)
	for range 2 {
		b.press("finapi anna get")
		b.toast("Account disabled")
	}
	b.click("#faults button")
	b.wait(`document.querySelectorAll("#faults li").length === 0`)
	b.press("finapi anna get")
	b.toast("gave a token for 900 s")

	// A fault of the API picks the endpoint by itself.
	b.choose("fault-name", "api-500")
	if got := js[string](b, `document.getElementById("fault-endpoint").value`); got != "api" {
		t.Errorf("endpoint %q", got)
	}
	b.click("#inject")
	b.wait(`document.querySelectorAll("#faults li").length === 1`)
	b.press("finapi anna call")
	b.toast("API answered 500")

	// What makes no sense is said.
	b.choose("fault-name", "")
	b.click("#inject")
	b.toast("That did not work")
	if len(b.vendors.Faults()) != 1 {
		t.Errorf("%+v", b.vendors.Faults())
	}
}

func TestClockSessionsKeysAndSecrets(t *testing.T) {
	b := open(t)
	defer b.close()
	b.press("onefinops ofin_test_abc get")
	b.wait(`document.querySelectorAll("#tokens tr").length === 1`)
	b.click(`[data-advance="15m"]`)
	b.wait(`document.querySelector("#tokens .state").textContent === "expired"`)
	if ahead := time.Until(b.vendors.Now()); ahead < 14*time.Minute {
		t.Errorf("the clock is %v ahead", ahead)
	}

	b.press("onefinops ofin_test_abc get")
	b.wait(`document.querySelectorAll("#tokens tr").length === 2`)
	b.press("onefinops revoke")
	b.wait(`document.querySelector("#tokens .state").textContent === "revoked"`)
	b.press("onefinops ofin_test_abc call")
	b.toast("API answered 401")

	b.press("onefinops ofin_test_abc rotate")
	b.toast("has a new secret")
	b.wait(`document.querySelector("#vendor-onefinops .note")?.textContent.includes("the secret before works until")`)
	b.press("onefinops ofin_test_abc get")
	b.toast("gave a token")

	b.press("finapi anna get")
	b.wait(`!document.querySelector('[data-key="finapi anna logout"]').disabled`)
	b.press("finapi anna logout")
	b.toast("1 session ended")
	b.wait(`document.querySelector('[data-key="finapi anna logout"]').disabled`)
	b.press("finapi anna disable")
	b.wait(`document.querySelector("#vendor-finapi .accounts li").classList.contains("off")`)

	b.press("fincalc 12345 get")
	b.toast("FinCalc gave a token")
	b.press("fincalc replace")
	b.toast("tokens of the old one are refused")
	b.press("fincalc 12345 call")
	b.toast("API answered 401")
	b.click("#revoke-all")
	b.toast("revoked")
}

func TestRequestsShowNoSecret(t *testing.T) {
	b := open(t)
	defer b.close()
	b.press("finventi sti-client get")
	b.newest("sti-client · client_credentials")
	b.click("#journal summary")
	b.wait(`document.querySelectorAll("#journal pre").length === 2`)
	text := js[string](b, `document.getElementById("journal").innerText`)
	for _, part := range []string{"client_secret=[redacted]", `"access_token": "[redacted]"`, "Cache-Control: no-store"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
	if strings.Contains(text, "s3cr3t") || strings.Contains(text, "eyJ") {
		t.Errorf("a secret stands in\n%s", text)
	}
	b.choose("filter", "fincalc")
	b.wait(`document.querySelectorAll("#journal > li").length === 0`)
	b.choose("filter", "")
	b.click("#clear")
	b.wait(`document.querySelectorAll("#journal > li").length === 0`)
	if len(b.vendors.Journal()) != 0 {
		t.Error("the journal was not cleared")
	}
}

func TestPageTakesUpAgainAfterALostConnection(t *testing.T) {
	b := open(t)
	defer b.close()
	b.press("finventi sti-client get")
	b.newest("sti-client")
	b.do(chromedp.Reload())
	b.wait(`document.getElementById("live").textContent === "live"`)
	b.wait(`document.querySelectorAll("#journal > li").length === 1`)
	b.press("finventi sti-client get")
	b.press("finventi sti-client get")
	b.wait(`document.querySelectorAll("#journal > li").length === 3`)

	// Another process at the same address, which counts from one again.
	address := strings.TrimPrefix(b.vendors.URL, "http://")
	if err := b.vendors.Close(); err != nil {
		t.Fatal(err)
	}
	b.wait(`document.getElementById("live").textContent === "not connected, trying again"`)
	again, err := sandbox.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	b.wait(`document.getElementById("live").textContent === "live"`)
	b.wait(`document.querySelectorAll("#journal > li").length === 0`)
	b.wait(`!document.getElementById("no-requests").hidden`)
	b.press("finapi anna get")
	b.toast("gave a token for")
	b.newest("200 POST")
	b.newest("anna")
	if n := js[int](b, `document.querySelectorAll("#journal > li").length`); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// contrasts lists visible texts whose contrast with what is behind them is below WCAG's 4.5.
const contrasts = `(() => {
  const rgb = (s) => (s.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => { const f = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };
  const low = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== "");
    if (!own || !e.checkVisibility({ opacityProperty: true }) || e.disabled || e.closest(".toast, .sr, .skip, .off")) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push(e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 30) + " " + ratio.toFixed(2));
  }
  return low;
})()`

func TestPageIsFitForAll(t *testing.T) {
	b := open(t)
	defer b.close()
	// The keyboard reaches the page's controls, and one sees where it is.
	b.do(chromedp.KeyEvent("\t"))
	if got := js[string](b, `document.activeElement.textContent`); got != "Skip to the requests" {
		t.Errorf("the first stop is %q", got)
	}
	b.do(chromedp.KeyEvent("\t"))
	if got := js[string](b, `document.activeElement.textContent + getComputedStyle(document.activeElement).outlineStyle`); got != "+1 minsolid" {
		t.Errorf("the second stop is %q", got)
	}
	fill(b)
	for _, scheme := range []string{"light", "dark"} {
		b.prefer(scheme)
		if low := js[[]string](b, contrasts); len(low) > 0 {
			t.Errorf("%s: too little contrast: %q", scheme, low)
		}
	}
	// Everything that can be used has a name for a screen reader.
	command(b, accessibility.Enable, cdp.Empty{})
	used := map[string]int{}
	for _, n := range command(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role := strings.Trim(string(n.Role.Value), `"`)
		switch role {
		case "button", "combobox", "textbox", "link", "progressbar", "DisclosureTriangle":
			used[role]++
			if n.Name == nil || strings.Trim(string(n.Name.Value), `" `) == "" {
				t.Errorf("a %s has no name: %s", role, n.NodeID)
			}
		}
	}
	for _, role := range []string{"button", "combobox", "progressbar"} {
		if used[role] == 0 {
			t.Errorf("no %s was seen in %v", role, used)
		}
	}
	// A phone's width is enough, also for requests that are open.
	js[chromedp.Void](b, `for (const d of document.querySelectorAll("#journal details")) d.open = true`)
	for _, width := range []int64{320, 375, 390} {
		b.resize(width, 844)
		b.wait(fmt.Sprintf(`window.innerWidth === %d`, width))
		if wide := js[int64](b, `document.documentElement.scrollWidth`); wide > width {
			t.Errorf("%d px wide the page scrolls sideways, over %d px: %q", width, wide, js[[]string](b, fmt.Sprintf(`[...document.querySelectorAll("body *")].filter((e) => !e.closest(".scroll") && e.getBoundingClientRect().right > %d).map((e) => e.tagName + "." + e.className)`, width)))
		}
	}
}

func TestPage_callsTheAPIWithTheAccountsOwnToken(t *testing.T) {
	b := open(t)
	defer b.close()
	b.press("finapi anna get")
	b.toast("gave a token for 900 s")
	b.press("finapi off get")
	b.toast("Account disabled")
	b.press("finapi off call")
	b.toast("API answered 401; get a token first")
	b.press("finapi anna call")
	b.toast("API answered 200")
}

func TestPage_saysInItsOwnWordsWhatIsWrongWithAnAnswer(t *testing.T) {
	b := open(t)
	defer b.close()
	for name, want := range map[string]string{
		"502":        "Finventi answered 502 without JSON",
		"html":       "Finventi answered 200 without JSON",
		"malformed":  "Finventi answered 200 without JSON",
		"refused":    "Finventi answered 403 without JSON",
		"null":       "Finventi answered 200 without a token",
		"list":       "Finventi answered 200 without a token",
		"empty":      "Finventi answered 200 without a token",
		"endless":    "Finventi answered 200 without JSON",
		"no-expiry":  "Finventi gave a token",
		"odd-expiry": "Finventi gave a token",
		"cut":        "Finventi gave no whole answer",
	} {
		if err := b.vendors.Inject(sandbox.Fault{Vendor: sandbox.Finventi, Name: name, Times: 1}); err != nil {
			t.Fatal(err)
		}
		js[chromedp.Void](b, `document.getElementById("toast").textContent = ""`)
		b.press("finventi sti-client get")
		b.wait(fmt.Sprintf(`document.getElementById("toast").textContent === %q`, want))
	}
	if err := b.vendors.Inject(sandbox.Fault{Vendor: sandbox.Finventi, Endpoint: sandbox.APIEndpoint, Name: "endless", Times: 1}); err != nil {
		t.Fatal(err)
	}
	b.press("finventi sti-client call")
	b.toast("API answered 200")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = nil // the browser reports what was reset and cut
}

func TestPage_filterFindsAnOldRequest(t *testing.T) {
	b := open(t)
	defer b.close()
	b.press("fincalc 12345 get")
	b.newest("12345")
	const others = 304 // more than the list shows
	for range others {
		resp, err := b.vendors.Client().Get(b.vendors.URL + "/finventi/nothing")
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b.wait(fmt.Sprintf(`document.querySelector("#journal li").dataset.seq === "%d"`, 1+others))
	b.choose("filter", "fincalc")
	b.wait(`document.querySelectorAll("#journal > li").length === 1 && document.getElementById("no-requests").hidden`)
	b.newest("12345")
	b.choose("filter", "finapi")
	b.wait(`document.querySelectorAll("#journal > li").length === 0 && !document.getElementById("no-requests").hidden`)
	if got := js[string](b, `document.getElementById("no-requests").textContent`); got != "None of the last 305 requests is for finAPI." {
		t.Errorf("%q", got)
	}
	b.choose("filter", "")
	b.wait(`document.querySelectorAll("#journal > li").length === 300`)
}

// show makes the page believe that it is in front, or that another tab is.
func (b *browser) show(shown bool) {
	b.t.Helper()
	js[chromedp.Void](b, fmt.Sprintf(`Object.defineProperty(document, "hidden", {value: %v, configurable: true}); document.dispatchEvent(new Event("visibilitychange"))`, !shown))
}

func TestPage_holdsNoConnectionWhileItIsHidden(t *testing.T) {
	b := open(t)
	defer b.close()
	b.press("finventi sti-client get")
	b.newest("sti-client")
	b.show(false)
	b.wait(`document.getElementById("live").textContent === "paused"`)
	b.press("finapi anna get")
	b.toast("gave a token")
	if n := js[int](b, `document.querySelectorAll("#journal > li").length`); n != 1 {
		t.Errorf("%d requests while it is hidden", n)
	}
	b.show(true)
	b.wait(`document.getElementById("live").textContent === "live"`)
	b.newest("anna")
	if n := js[int](b, `document.querySelectorAll("#journal > li").length`); n != 2 {
		t.Errorf("%d requests after it is shown", n)
	}
}

func (b *browser) prefer(scheme string) {
	b.t.Helper()
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

func (b *browser) resize(width, height int64) {
	b.t.Helper()
	command(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
}

// fill makes the page show something of everything.
func fill(b *browser) {
	for _, key := range []string{"finventi sti-client", "finapi anna", "onefinops ofin_test_abc", "fincalc 12345"} {
		b.press(key + " get")
		b.toast("gave a token")
		b.press(key + " call")
		b.toast("API answered 200")
	}
	b.choose("fault-vendor", "onefinops")
	b.click(`[data-fault="429"]`)
	b.press("onefinops ofin_live_abc get")
	b.newest("fault 429")
	b.choose("fault-vendor", "finventi")
	b.click(`[data-fault="cut"]`)
	b.wait(`document.querySelectorAll("#faults li").length === 1`)
	b.press("finapi off get")
	b.newest("400 POST")
	b.wait(`document.querySelectorAll("#journal > li").length === 10`)
}

// TestPicture draws the page for the documentation, with -update.
func TestPicture(t *testing.T) {
	if !*update {
		t.Skip("with -update only")
	}
	from := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	began := time.Now()
	b := open(t, sandbox.WithClock(func() time.Time { return from.Add(time.Since(began)) }))
	defer b.close()
	// Some tokens are older than others.
	b.press("onefinops ofin_live_abc get")
	b.toast("gave a token")
	b.vendors.Advance(6 * time.Minute)
	b.press("finapi anna get")
	b.toast("finAPI Demobank gave a token")
	b.vendors.Advance(9*time.Minute + 30*time.Second)
	b.vendors.ResetJournal()
	b.do(chromedp.Reload())
	b.wait(`document.getElementById("live").textContent === "live"`)
	fill(b)
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 2, 2))
	for scheme, file := range map[string]string{"light": "../../docs/sandbox.png", "dark": "../../docs/sandbox-dark.png"} {
		b.prefer(scheme)
		b.resize(1440, 1000)
		js[chromedp.Void](b, `document.getElementById("toast").classList.remove("on"); document.activeElement.blur(); scrollTo(0, 0); document.querySelector("#journal details").open = true`)
		b.wait(`getComputedStyle(document.getElementById("toast")).opacity === "0"`)
		picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOwnClientOfFinCalc is about ids and scopes that the default client does not have.
func TestOwnClientOfFinCalc(t *testing.T) {
	own := func(id string) sandbox.Option {
		return sandbox.WithClient(sandbox.FinCalc, sandbox.Client{ID: id, Secret: auth.NewSecret("s3cr3t"), EmailAddress: "own@example.com", Scopes: []string{"fact-find"}})
	}
	ids := []string{"00777", "9007199254740993", "own \"client\""}
	b := open(t, own(ids[0]), own(ids[1]), own(ids[2]))
	defer b.close()
	for _, id := range ids {
		b.press("fincalc " + id + " get")
		b.toast("FinCalc gave a token")
		b.newest(id)
	}
}
