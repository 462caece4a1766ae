package spec_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	finapiserver "github.com/finsdk/finsdk-go/gen/finapi/server"
	fincalcserver "github.com/finsdk/finsdk-go/gen/fincalc/server"
	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/interop/calls"
	"github.com/finsdk/finsdk-go/sandbox"
)

// TestPreferredCodes asks every endpoint for every failure that the documents name. Whatever the
// sandbox makes up for it is what the document says that a vendor's answer looks like.
func TestPreferredCodes(t *testing.T) {
	t.Parallel()
	v := start(t)
	type request struct{ method, path, mime, body string }
	requests := []request{
		{http.MethodPost, fincalcToken, "application/json", fincalcJSON},
		{http.MethodPost, reportCall, "application/json", account},
		{http.MethodPost, payeeCall, "application/json", verification},
		{http.MethodPost, einvoiceCall, "application/json", einvoiceJSON},
		{http.MethodPost, einvoiceLive, "application/json", einvoiceJSON},
		{http.MethodGet, whoamiCall, "", ""},
		{http.MethodGet, clientsCall, "", ""},
	}
	for token, form := range map[string]string{finventiToken: finventiForm, finapiToken: finapiForm, onefinopsToken: onefinopsForm} {
		base := strings.TrimSuffix(token, "token")
		requests = append(requests, request{http.MethodGet, base + "certs", "", ""})
		for _, endpoint := range []string{"token", "revoke", "logout", "token/introspect"} {
			requests = append(requests, request{http.MethodPost, base + endpoint, "application/x-www-form-urlencoded", form})
		}
	}
	for _, r := range requests {
		for _, code := range []int{400, 401, 403, 404, 429, 500, 502, 503, 504, 599} {
			// An operation whose document says nothing of a failure has none of that kind to play.
			if !named(t, r.method, r.path, code) {
				continue
			}
			v.want(code)(v.send(r.method, r.path, map[string]string{"Content-Type": r.mime, "Prefer": fmt.Sprintf("code=%d", code)}, r.body))
		}
	}
}

// named reports whether the documents have the status for the operation that a request is for.
func named(t *testing.T, method, path string, status int) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range documents(t) {
		if d.Names(req, status) {
			return true
		}
	}
	return false
}

// untimely are the faults that are about time and connections; their answers, where there is one,
// are the usual ones.
var untimely = map[string]bool{"slow": true, "hang": true, "reset": true, "cut": true, "trickle": true, "endless": true}

// TestScenarios plays the sandbox's named faults at each vendor. Some are answers that the
// documents know; the others are made to be unlike any document, and the checker has to notice.
func TestScenarios(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, name := range strings.Fields(`wrong-secret unknown-client wrong-password wrong-password-401 disabled setup ip wrong-email
		session-lost refresh-401 refresh-503 429 429-date 429-bare 429-long 500 502 503 503-date 503-html 504 flaky echo-secret
		newline-token long-token huge opaque zero-expiry absurd-expiry expired short-lived revoked lower-case-type mac
		no-refresh-token zero-refresh-expiry api-401 api-403 api-429 api-500 api-503`) {
		known[name] = true
	}
	for _, name := range strings.Fields(`refused unknown-4xx redirect html plain bom malformed no-body empty null list nested error-200
		no-token number-token no-expiry never-expires text-expiry odd-expiry no-type no-scope`) {
		known[name] = false
	}
	for _, scenario := range sandbox.Scenarios() {
		if untimely[scenario.Name] {
			continue
		}
		isKnown, listed := known[scenario.Name]
		if !listed {
			t.Errorf("is fault %q in the documents or not?", scenario.Name)
			continue
		}
		for i, vendor := range scenario.Vendors {
			t.Run(scenario.Name+"/"+string(vendor), func(t *testing.T) {
				t.Parallel()
				play(t, vendor, scenario.Accounts[i], isKnown || free(scenario.Name, vendor))
			})
		}
	}
}

// TestSDKMeetsScenarios has the SDK meet each named fault: whatever it is answered, what it sends
// stays what the documents describe, a refresh after a login and a second attempt too.
func TestSDKMeetsScenarios(t *testing.T) {
	t.Parallel()
	for _, scenario := range sandbox.Scenarios() {
		if untimely[scenario.Name] {
			continue
		}
		for i, vendor := range scenario.Vendors {
			t.Run(scenario.Name+"/"+string(vendor), func(t *testing.T) {
				t.Parallel()
				v := start(t)
				v.tolerant = true // the answers are TestScenarios' affair
				for _, call := range v.calls(vendor, scenario.Accounts[i]) {
					// A caller with time to spare would wait for the pauses between attempts.
					ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
					_, _ = call.Do(ctx)
					cancel()
				}
				v.valid()
				if v.TokenRequests(vendor) == 0 {
					t.Error("the SDK has asked for no token")
				}
			})
		}
	}
}

// calls returns the SDK's calls with a magic account, which accepts any secret.
func (v *vendors) calls(vendor sandbox.Vendor, account string) []calls.Call {
	v.Helper()
	var list []calls.Call
	var err error
	switch vendor {
	case sandbox.Finventi:
		c := v.Finventi(v.url)
		c.ClientID = account
		list, err = calls.Finventi(c, v.transport)
	case sandbox.FinAPI:
		c := v.FinAPI(v.url)
		c.Username = account
		list, err = calls.FinAPI(c, v.transport)
	case sandbox.OneFinOps:
		c := v.OneFinOps(v.url)
		c.ClientID = account
		list, err = calls.OneFinOps(c, v.transport)
	case sandbox.FinCalc:
		c := v.FinCalc(v.url)
		c.ClientID = account
		list, err = calls.FinCalc(c, v.transport)
	}
	if err != nil {
		v.Fatal(err)
	}
	return list
}

// free reports whether a vendor's document leaves the answer of a fault open.
func free(name string, vendor sandbox.Vendor) bool {
	return vendor == sandbox.FinCalc && name == "no-scope"
}

// play logs in with a magic account twice, refreshes if that is possible, and calls the API.
func play(t *testing.T, vendor sandbox.Vendor, account string, known bool) {
	t.Helper()
	v := start(t)
	v.tolerant = !known
	token := ""
	for range 2 {
		status, body := 0, ""
		switch vendor {
		case sandbox.Finventi:
			status, body = v.form(finventiToken, "grant_type=client_credentials&client_secret=x&client_id="+account)
		case sandbox.FinAPI:
			status, body = v.form(finapiToken, "grant_type=password&client_id=demobank-cli&password=x&username="+account)
		case sandbox.OneFinOps:
			status, body = v.form(onefinopsToken, "grant_type=client_credentials&client_secret=x&client_id="+account)
		case sandbox.FinCalc:
			status, body = v.json(fincalcToken, fmt.Sprintf(
				`{"grant_type":"client_credentials","client_id":%q,"client_secret":"x","scope":"api_scope","email_address":"hello@example.com"}`, account))
		}
		if status == http.StatusOK && known {
			token = v.accessToken(status, body)
			if refresh := member(body, "refresh_token"); refresh != "" {
				v.form(finapiToken, "grant_type=refresh_token&client_id=demobank-cli&refresh_token="+refresh)
			}
		}
	}
	if strings.ContainsAny(token, "\r\n") {
		return // no header can carry it
	}
	header := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json", "Idempotency-Key": "k", "gstin": "36AMBPG7773M002"}
	switch vendor {
	case sandbox.Finventi:
		v.send(http.MethodPost, reportCall, header, account)
	case sandbox.FinAPI:
		v.send(http.MethodGet, whoamiCall, header, "")
	case sandbox.OneFinOps:
		v.send(http.MethodPost, einvoiceCall, header, einvoiceJSON)
	case sandbox.FinCalc:
		v.send(http.MethodGet, clientsCall, header, "")
	}
	if v.tolerant && v.problems() == 0 {
		t.Error("the document knows this answer, or the checker has not noticed")
	}
}

// TestDocumentedFailures asks every operation of the resource APIs for every example of a failure
// that its document shows.
func TestDocumentedFailures(t *testing.T) {
	t.Parallel()
	v := start(t)
	shown := 0
	for vendor, text := range map[sandbox.Vendor][]byte{sandbox.Finventi: finventiserver.Document, sandbox.FinAPI: finapiserver.Document,
		sandbox.OneFinOps: onefinopsserver.Document, sandbox.FinCalc: fincalcserver.Document} {
		var document struct {
			Operations []struct {
				OperationID, Method, Path string
				Tags                      []string
				Responses                 map[string]struct {
					Content map[string]struct{ Examples map[string]json.RawMessage }
				}
			}
		}
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		_, base := v.URLs("", vendor)
		for _, op := range document.Operations {
			if !slices.Contains(op.Tags, "api") {
				continue
			}
			for status, r := range op.Responses {
				code, err := strconv.Atoi(status)
				if err != nil || code < 400 {
					continue
				}
				for name, example := range r.Content["application/json"].Examples {
					shown++
					got, body := v.send(op.Method, base+parameter.ReplaceAllString(op.Path, "1"), map[string]string{"Prefer": fmt.Sprintf("code=%d, example=%s", code, name)}, "")
					if got != code || !sameJSON(t, body, string(example)) {
						t.Errorf("%s, %s: %d %s, want %s", op.OperationID, name, got, body, example)
					}
				}
			}
		}
	}
	if shown < 50 {
		t.Errorf("the documents show %d failures", shown)
	}
}

var parameter = regexp.MustCompile(`{[^}]*}`)

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal([]byte(a), &x), json.Unmarshal([]byte(b), &y)); err != nil {
		t.Error(err)
	}
	return reflect.DeepEqual(x, y)
}
