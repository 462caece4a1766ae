package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// productsAt are the names of Finventi's products by the prefixes of their APIs.
var productsAt = map[string]string{
	finventiAPIPath:      "RRC",
	finventiPayeePath:    "VerificationOfPayee",
	finventiPaymentsPath: "Payments",
}

// productOf returns the name of the product that a client of Finventi is for: the one that has its
// id for all clients, or else the first.
func (s *settings) productOf(clientID string) string {
	products := s.document(Finventi).Products
	for _, p := range products {
		if p.Defaults["client_id"] == clientID {
			return p.Name
		}
	}
	if len(products) == 0 {
		return ""
	}
	return products[0].Name
}

// finventiAPI is the API of each product, below a prefix of its own.
var finventiAPI = api{
	enter:  (*call).enterAPI,
	refuse: plain,
	calls:  map[string]operation{"VerifyPayee": verifyPayee},
}

// verifyPayee compares the name with the holder of the account, see [payees].
func verifyPayee(c *call) answer {
	var request finventiserver.PayeeVerificationRequest
	if err := json.Unmarshal(c.body, &request); err != nil {
		return oauthError(http.StatusBadRequest, "invalid_request", "The body is not a payee verification request")
	}
	if request.AccountHolderName == "" && request.OrganisationIdentification == (finventiserver.PayeeOrganisation{}) {
		return oauthError(http.StatusBadRequest, "invalid_request", "account_holder_name or organisation_identification is required")
	}
	return jsonAnswer(http.StatusOK, c.verification(c.request.Header.Get("Idempotency-Key"), request))
}

// maxReplies bounds what is remembered of idempotent calls.
const maxReplies = 1000

// verification is carried out once a key; after that the first result is repeated.
func (c *call) verification(key string, request finventiserver.PayeeVerificationRequest) object {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	slot := c.client + "\x00" + key
	if old, ok := s.replies[slot]; ok {
		return old
	}
	result, holder := matchPayee(request)
	members := object{{"match_result", result}, {"reference_id", uuid.New()}, {"timestamp", c.now.UTC().Format("2006-01-02T15:04:05Z")}}
	if result == finventiserver.MatchResultCLOSEMATCH {
		members.Set("real_name", holder)
	}
	if len(s.replies) >= maxReplies {
		clear(s.replies)
	}
	s.replies[slot] = members
	return members
}

// payees are the accounts that the sandbox knows: IBAN, holder, and for a company the holder's LEI.
var payees = map[string]struct{ holder, lei string }{
	"LT123456789012345678":   {holder: "Alice Johnson"},
	"DE89370400440532013000": {holder: "Erika Mustermann"},
	"LT601010012345678901":   {holder: "Example Trading UAB", lei: "529900T8BM49AURSDO55"},
}

// matchPayee says how well a request matches the account.
func matchPayee(request finventiserver.PayeeVerificationRequest) (result finventiserver.MatchResult, holder string) {
	account, known := payees[strings.ToUpper(strings.ReplaceAll(request.IBAN, " ", ""))]
	if !known {
		return finventiserver.MatchResultCANNOTVERIFY, ""
	}
	if request.AccountHolderName == "" {
		if lei := request.OrganisationIdentification.LEI; lei != "" && lei == account.lei {
			return finventiserver.MatchResultMATCH, account.holder
		}
		return finventiserver.MatchResultNOMATCH, ""
	}
	asked, real := strings.Fields(strings.ToLower(request.AccountHolderName)), strings.Fields(strings.ToLower(account.holder))
	if strings.Join(asked, " ") == strings.Join(real, " ") {
		return finventiserver.MatchResultMATCH, account.holder
	}
	// One word in common is close: "A. Johnson", "Alice Jonson".
	for _, a := range asked {
		for _, b := range real {
			if a == b {
				return finventiserver.MatchResultCLOSEMATCH, account.holder
			}
		}
	}
	return finventiserver.MatchResultNOMATCH, ""
}

// enterAPI makes the checks that come before every API call of a vendor without documented errors.
func (c *call) enterAPI() *answer {
	t, problem := c.checkToken()
	if problem == "" && c.op.Product != "" && c.server.productOf(t.Client) != c.op.Product {
		problem = tokenProduct
	}
	if problem != "" {
		a := bearerRefusal(problem)
		return &a
	}
	return c.overLimit()
}

// bearerRefusal is the answer of an API that keeps to RFC 6750 section 3.1.
func bearerRefusal(problem tokenProblem) answer {
	if problem == tokenMissing {
		a := oauthError(http.StatusUnauthorized, "invalid_request", string(problem))
		return a.with("WWW-Authenticate", `Bearer realm="sandbox"`)
	}
	a := oauthError(http.StatusUnauthorized, "invalid_token", string(problem))
	return a.with("WWW-Authenticate", fmt.Sprintf(`Bearer realm="sandbox", error="invalid_token", error_description=%q`, problem))
}
