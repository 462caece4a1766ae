package browsertest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/finsdk/finsdk-go/sandbox"
)

// browser shows one sandbox's page.
type browser struct {
	t       *testing.T
	ctx     context.Context
	vendors *sandbox.Instance

	mu       sync.Mutex
	outside  []string // requests that did not go to the sandbox
	problems []string // errors in the browser's console
}

// open starts a sandbox and a browser on its page.
func open(t *testing.T, opts ...sandbox.Option) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("*** the sandbox's page was not tested: there is no chromium (Debian: apt-get install chromium)")
	}
	profile, err := os.MkdirTemp("", "finsdk-browser-")
	if err != nil {
		t.Fatal(err)
	}
	// The browser may write a last file while it goes.
	t.Cleanup(func() { _ = os.RemoveAll(profile) })
	b := &browser{t: t, vendors: sandbox.Start(t, opts...)}
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WindowSize(1440, 1200), chromedp.WSURLReadTimeout(time.Minute))
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b.ctx = ctx
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	command(b, network.Enable, network.EnableParams{})
	b.do(chromedp.Navigate(b.vendors.URL + "/"))
	b.wait(`document.getElementById("live").textContent === "live" && document.querySelectorAll("#vendors article").length === 4`)
	b.wait(`document.getElementById("fault-name").options.length > 10`)
	return b
}

func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "data" && !strings.HasPrefix(e.Request.URL, b.vendors.URL+"/") {
			b.outside = append(b.outside, e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, fmt.Sprint(e.Type, " ", e.Args))
	}
}

// close checks what should hold for every visit.
func (b *browser) close() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.outside) > 0 {
		b.t.Errorf("the page reached out to %q", b.outside)
	}
	if len(b.problems) > 0 {
		b.t.Errorf("the browser's console shows %q", b.problems)
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// command gives the browser a command of its protocol.
func command[P, R any](b *browser, c cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, c, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// js evaluates an expression.
func js[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// wait waits until an expression is true.
func (b *browser) wait(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(30*time.Second))); err != nil {
		b.t.Fatalf("%s: %v\nThe page shows:\n%s", expression, err, js[string](b, `document.body.innerText`))
	}
}

// click clicks what a CSS selector finds first, with the mouse. Where that is redrawn meanwhile it
// is found again.
func (b *browser) click(selector string) {
	b.t.Helper()
	var err error
	for range 5 {
		err = chromedp.Do(b.ctx, chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
		if err == nil || !strings.Contains(err.Error(), "Could not find node") {
			break
		}
	}
	if err != nil {
		b.t.Fatalf("click %s: %v", selector, err)
	}
}

// press clicks the button that the page knows by a key such as "finventi sti-client get".
func (b *browser) press(key string) {
	b.t.Helper()
	b.click(fmt.Sprintf("[data-key=%q]", key))
}

// choose picks an option of a select.
func (b *browser) choose(id, value string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{
		const e = document.getElementById(%q);
		e.value = %q;
		e.dispatchEvent(new Event("change", {bubbles: true}));
	}`, id, value)))
}

// toast waits for the line at the foot of the page.
func (b *browser) toast(part string) {
	b.t.Helper()
	b.wait(fmt.Sprintf(`document.getElementById("toast").textContent.includes(%q)`, part))
}

// newest is the first line of the list of requests.
func (b *browser) newest(part string) {
	b.t.Helper()
	b.wait(fmt.Sprintf(`(document.querySelector("#journal summary")?.innerText ?? "").replace(/\s+/g, " ").includes(%q)`, part))
}
