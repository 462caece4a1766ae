package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	onefinopsserver "github.com/finsdk/finsdk-go/gen/onefinops/server"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// onefinopsAPI is the API for e-invoices, for one environment below each of its two prefixes.
var onefinopsAPI = api{
	enter:  enterOneFinOps,
	refuse: invalidFields,
	calls:  map[string]operation{"GenerateEInvoice": generateEInvoice},
}

// generateEInvoice registers an invoice. It does not keep the invoice, but makes the IRN from it as
// the Indian portal does, by hashing the seller and the number.
func generateEInvoice(c *call) answer {
	var invoice onefinopsserver.EInvoiceRequest
	if err := json.Unmarshal(c.body, &invoice); err != nil {
		return onefinopsFailure(http.StatusBadRequest, "The body is not an invoice")
	}
	d := invoice.DocumentDetails
	sum := sha256.Sum256(fmt.Append(nil, invoice.Seller.GSTIN, d.Type, d.Number, d.Date))
	irn := hex.EncodeToString(sum[:])
	return jsonAnswer(http.StatusOK, object{
		{"irn", irn},
		{"signedInvoice", base64.RawURLEncoding.EncodeToString(c.body)},
		{"signedQrCode", base64.RawURLEncoding.EncodeToString([]byte(irn))},
	})
}

// enterOneFinOps checks what stands before every API call: token, environment, limit, plan.
func enterOneFinOps(c *call) *answer {
	refuse := func(a answer) *answer { return &a }
	clients := testPrefix
	if strings.HasPrefix(c.request.URL.Path, onefinopsLiveAPIPath+"/") {
		clients = livePrefix
	}
	t, problem := c.checkToken()
	if problem == "" && !strings.HasPrefix(t.Client, clients) {
		problem = tokenEnvironment
	}
	if problem != "" {
		return refuse(onefinopsFailure(http.StatusUnauthorized, string(problem)))
	}
	if refusal := c.overLimit(); refusal != nil {
		return refusal
	}
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if by := s.realms[OneFinOps][onefinopsRealm].clients[t.Client]; by != nil && by.NotEntitled {
		return refuse(onefinopsFailure(http.StatusForbidden, "The plan does not include e-invoicing"))
	}
	return nil
}

var onefinopsCodes = map[int]string{
	http.StatusBadRequest:          "request.rejected",
	http.StatusUnauthorized:        "unauthorized",
	http.StatusForbidden:           "not_entitled",
	http.StatusNotFound:            "not_found",
	http.StatusConflict:            "conflict",
	http.StatusUnprocessableEntity: "validation_error",
	http.StatusTooManyRequests:     "rate_limited",
	http.StatusInternalServerError: "internal_error",
	http.StatusBadGateway:          "upstream.failure",
	http.StatusServiceUnavailable:  "unavailable",
}

// onefinopsFailure is the error envelope of the API.
func onefinopsFailure(status int, message string) answer {
	code := or(onefinopsCodes[status], strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_"))
	return jsonAnswer(status, object{
		{"object", "error"},
		{"code", or(code, "error")},
		{"message", message},
		{"httpStatus", status},
		{"requestId", "req_" + uuid.New()},
		{"traceId", strings.ReplaceAll(uuid.New(), "-", "")},
	})
}

// invalidFields is the envelope for fields that are wrong. A body that is no JSON value at all has no
// fields, and gets 400.
func invalidFields(_ *call, status int, problems []openapi.Problem) answer {
	if status != http.StatusBadRequest || problems[0].Path == "" {
		return onefinopsFailure(status, problems[0].String())
	}
	a := onefinopsFailure(http.StatusUnprocessableEntity, "The request did not pass validation")
	var details []object
	for _, p := range problems {
		details = append(details, object{{"field", p.Path}, {"code", "invalid"}, {"message", p.String()}})
	}
	a.members.Set("details", details)
	return a
}
