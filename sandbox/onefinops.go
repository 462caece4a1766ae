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
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// onefinopsVendor is OneFinOps's Keycloak, or its API for one environment.
type onefinopsVendor struct {
	*Server
	clients string // prefix of the client ids that the API host is for
}

var _ onefinopsserver.ServerInterface = onefinopsVendor{}

func (v onefinopsVendor) IssueToken(w http.ResponseWriter, r *http.Request) {
	v.serve(w, r, OneFinOps, TokenEndpoint, keycloak(onefinopsRealm, issueToken))
}

func (v onefinopsVendor) GetKeys(w http.ResponseWriter, r *http.Request) {
	v.serve(w, r, OneFinOps, KeysEndpoint, publishKeys(onefinopsRealm))
}

func (v onefinopsVendor) RevokeToken(w http.ResponseWriter, r *http.Request) {
	v.serve(w, r, OneFinOps, RevocationEndpoint, keycloak(onefinopsRealm, revokeToken))
}

func (v onefinopsVendor) EndSession(w http.ResponseWriter, r *http.Request) {
	v.serve(w, r, OneFinOps, LogoutEndpoint, keycloak(onefinopsRealm, endSession))
}

func (v onefinopsVendor) IntrospectToken(w http.ResponseWriter, r *http.Request) {
	v.serve(w, r, OneFinOps, IntrospectEndpoint, keycloak(onefinopsRealm, introspectToken))
}

// GenerateEInvoice registers an invoice: it is not kept, but its IRN is made of it as the Indian portal does, by hashing
// who sells what under which number.
func (v onefinopsVendor) GenerateEInvoice(w http.ResponseWriter, r *http.Request, params onefinopsserver.GenerateEInvoiceParams) {
	v.serve(w, r, OneFinOps, APIEndpoint, func(c *call) answer {
		if refusal := v.enter(c); refusal != nil {
			return *refusal
		}
		if len(params.GSTIN) != 15 {
			return invalidField("gstin", "has to have 15 characters")
		}
		if c.contentType() != "application/json" {
			return onefinopsFailure(http.StatusUnsupportedMediaType, "The body has to be application/json")
		}
		var groups map[string]json.RawMessage
		if err := json.Unmarshal(c.body, &groups); err != nil {
			return onefinopsFailure(http.StatusBadRequest, "The body is not a JSON object")
		}
		for _, name := range []string{"documentDetails", "transactionDetails", "seller", "buyer", "items", "valueDetails"} {
			if _, ok := groups[name]; !ok {
				return invalidField(name, "is required")
			}
		}
		var invoice onefinopsserver.EInvoiceRequest
		if err := json.Unmarshal(c.body, &invoice); err != nil {
			return onefinopsFailure(http.StatusBadRequest, "The body is not an invoice")
		}
		number := fmt.Sprint(invoice.DocumentDetails["type"], invoice.DocumentDetails["number"], invoice.DocumentDetails["date"])
		sum := sha256.Sum256([]byte(params.GSTIN + number))
		irn := hex.EncodeToString(sum[:])
		return jsonAnswer(http.StatusOK, object{
			{"irn", irn},
			{"status", "generated"},
			{"signedInvoice", base64.RawURLEncoding.EncodeToString(c.body)},
			{"signedQrCode", base64.RawURLEncoding.EncodeToString([]byte(irn))},
		})
	})
}

// enter checks what stands before every API call: token, environment, limit, plan.
func (v onefinopsVendor) enter(c *call) *answer {
	refuse := func(a answer) *answer { return &a }
	t, problem := c.checkToken()
	if problem == "" && !strings.HasPrefix(t.client, v.clients) {
		problem = tokenEnvironment
	}
	if problem != "" {
		return refuse(onefinopsFailure(http.StatusUnauthorized, string(problem)))
	}
	if refusal := c.overLimit(); refusal != nil {
		return refusal
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if by := v.realms[OneFinOps][onefinopsRealm].clients[t.client]; by != nil && by.NotEntitled {
		return refuse(onefinopsFailure(http.StatusForbidden, "The plan does not include e-invoicing"))
	}
	return nil
}

// badRequest answers what the generated server could not bind, once the token is seen to be good.
func (v onefinopsVendor) badRequest(w http.ResponseWriter, r *http.Request, _ error) {
	v.serve(w, r, OneFinOps, APIEndpoint, func(c *call) answer {
		if refusal := v.enter(c); refusal != nil {
			return *refusal
		}
		return invalidField("gstin", "is required, once, as a header")
	})
}

var onefinopsCodes = map[int]string{
	http.StatusBadRequest:          "invalid_request",
	http.StatusUnauthorized:        "unauthorized",
	http.StatusForbidden:           "not_entitled",
	http.StatusNotFound:            "not_found",
	http.StatusTooManyRequests:     "rate_limited",
	http.StatusInternalServerError: "internal_error",
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

// invalidField is the envelope for one field that is wrong.
func invalidField(field, problem string) answer {
	a := onefinopsFailure(http.StatusBadRequest, "The request is not valid")
	a.members.Set("details", []object{{{"field", field}, {"code", "invalid"}, {"message", field + " " + problem}}})
	return a
}
