package sandbox

import (
	"encoding/json"
	"errors"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/payees"
	"github.com/finsdk/finsdk-go/sandbox/internal/payments"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// productsAt are the names of Finventi's products by the prefixes of their APIs.
var productsAt = map[string]string{
	vendors.FinventiAPIPath:      "RRC",
	vendors.FinventiPayeePath:    "VerificationOfPayee",
	vendors.FinventiPaymentsPath: "Payments",
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
func finventiAPI(s *Server) call.API {
	return call.API{
		Enter:  s.enterAPI,
		Refuse: call.Plain,
		Calls: call.Bind(s.exchange, map[string]serverOp{
			"ReportAccounts":             func(c exchange) answer.Answer { return c.report(c.list("accounts"), c.accountRef) },
			"UpdateAccounts":             func(c exchange) answer.Answer { return c.rereport(c.list("accounts"), "iban", "currency") },
			"AddRepresentatives":         ofAccount(func(c exchange, list string) answer.Answer { return c.report(list, uuid.New) }),
			"UpdateRepresentatives":      ofAccount(func(c exchange, list string) answer.Answer { return c.rereport(list) }),
			"ReportBeneficiaries":        func(c exchange) answer.Answer { return c.report(c.list("beneficiaries"), uuid.New) },
			"UpdateBeneficiaries":        func(c exchange) answer.Answer { return c.rereport(c.list("beneficiaries")) },
			"VerifyPayee":                verifyPayee,
			"CreatePaymentAccount":       createPaymentAccount,
			"SearchPaymentAccounts":      searchPaymentAccounts,
			"UpdatePaymentAccount":       updatePaymentAccount,
			"ChangePaymentAccountStatus": changePaymentAccountStatus,
		}),
	}
}

// list names a list of the client's reports.
func (c exchange) list(words ...string) string {
	return strings.Join(append([]string{c.Token.Realm, c.Token.Client}, words...), "\x00")
}

// accountRef makes a refId like the one on the vendor's page.
func (c exchange) accountRef() string {
	hex := strings.ToUpper(strings.ReplaceAll(uuid.New(), "-", ""))
	return "305697289_" + c.Now.UTC().Format("20060102") + "_" + hex[:16]
}

// report answers with each element of the body, under a new refId.
func (c exchange) report(list string, newRef func() string) answer.Answer {
	elements, _ := c.Value.([]any)
	return taken(c.server.reports.Add(list, elements, newRef))
}

// rereport answers with each element of the body in place of the one with its refId. The vendor
// documents no answer for an element that it refuses, so the sandbox refuses the whole request: with
// 404 for a refId that it does not know, and with 400 for a member that never changes.
func (c exchange) rereport(list string, fixed ...string) answer.Answer {
	elements, _ := c.Value.([]any)
	changed, problem := c.server.reports.Change(list, elements, fixed...)
	switch {
	case problem == nil:
		return taken(changed)
	case problem.Member == "":
		return answer.OAuthError(http.StatusNotFound, "not_found", problem.Error())
	}
	return answer.OAuthError(http.StatusBadRequest, "invalid_request", problem.Error())
}

// taken is the answer to reports that have all been taken.
func taken(elements []map[string]any) answer.Answer {
	results := make([]any, len(elements))
	for i, element := range elements {
		results[i] = map[string]any{"status": "SUCCESS", "data": element}
	}
	return answer.Value(http.StatusOK, results)
}

// ofAccount is an operation on the representatives of the reported account in the path.
func ofAccount(do func(c exchange, list string) answer.Answer) serverOp {
	return func(c exchange) answer.Answer {
		ref := c.Request.PathValue("accountRefId")
		if !c.server.reports.Has(c.list("accounts"), ref) {
			return answer.OAuthError(http.StatusNotFound, "not_found", "accountRefId is unknown")
		}
		return do(c, c.list("accounts", ref))
	}
}

// verifyPayee compares the payee with the holder of the account, once a key; after that the first
// result is repeated.
func verifyPayee(c exchange) answer.Answer {
	var request finventiserver.PayeeVerificationRequest
	if err := json.Unmarshal(c.Body, &request); err != nil {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "The body is not a payee verification request")
	}
	if request.AccountHolderName == "" && request.OrganisationIdentification == (finventiserver.PayeeOrganisation{}) {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "account_holder_name or organisation_identification is required")
	}
	// Whatever the request is: the vendor documents no answer to a key that comes with another one.
	slot := c.list(string(Finventi), c.Request.Header.Get("Idempotency-Key"))
	a, _ := c.server.repeats.Do(slot, "", nil, c.Now, func() answer.Answer {
		result, realName := payees.Match(request)
		members := object{{"match_result", result}, {"reference_id", uuid.New()}, {"timestamp", c.second().Format(time.RFC3339)}}
		if realName != "" {
			members.Set("real_name", realName)
		}
		return answer.JSON(http.StatusOK, members)
	})
	a.Header, a.Members = maps.Clone(a.Header), slices.Clone(a.Members)
	return a
}

func createPaymentAccount(c exchange) answer.Answer {
	var n finventiserver.NewPaymentAccount
	if err := json.Unmarshal(c.Body, &n); err != nil {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "The body is not an account")
	}
	return paymentAccount(c.server.bank.Create(c.Token.Realm, c.Request.Header.Get("Idempotency-Key"), n, c.second()))
}

func updatePaymentAccount(c exchange) answer.Answer {
	var u finventiserver.PaymentAccountUpdate
	if err := json.Unmarshal(c.Body, &u); err != nil {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "The body is not a change of an account")
	}
	return paymentAccount(c.server.bank.Update(c.Token.Realm, c.id(), u, c.second()))
}

func changePaymentAccountStatus(c exchange) answer.Answer {
	var change finventiserver.PaymentAccountStatusChange
	if err := json.Unmarshal(c.Body, &change); err != nil {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "The body is not a status")
	}
	return paymentAccount(c.server.bank.SetStatus(c.Token.Realm, c.id(), change.Status, c.second()))
}

func searchPaymentAccounts(c exchange) answer.Answer {
	query := c.Request.URL.Query()
	text := func(name string) *string {
		if !query.Has(name) {
			return nil
		}
		return new(query.Get(name))
	}
	search := payments.Search{IBAN: text("iban"), ClientAccountID: text("clientAccountId"), AccountHolderName: text("accountHolderName"),
		PreviousPageToken: text("previousPageToken"), NextPageToken: text("nextPageToken")}
	if status := text("status"); status != nil {
		search.Status = new(finventiserver.PaymentAccountStatus(*status))
	}
	if limit, err := strconv.Atoi(query.Get("limit")); err == nil {
		search.Limit = &limit
	}
	page, err := c.server.bank.Search(c.Token.Realm, search)
	if err != nil {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", err.Error())
	}
	return answer.Value(http.StatusOK, page)
}

// paymentAccount is the answer with an account, or why there is none.
func paymentAccount(a payments.Account, err error) answer.Answer {
	switch {
	case errors.Is(err, payments.ErrUnknown):
		return answer.OAuthError(http.StatusNotFound, "not_found", err.Error())
	case err != nil:
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", err.Error())
	}
	return answer.Value(http.StatusOK, a)
}

// id is the account in the path; 0, which no account has, where it is no integer of 64 bits.
func (c exchange) id() int64 {
	id, err := strconv.ParseInt(c.Request.PathValue("id"), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// second is now, in whole seconds.
func (c exchange) second() time.Time { return c.Now.UTC().Truncate(time.Second) }

// enterAPI makes the checks that come before every API call of a vendor without documented errors.
func (s *Server) enterAPI(of *call.Call) *answer.Answer {
	c := s.exchange(of)
	t, problem := c.checkToken()
	if problem == "" && c.Op.Product != "" && s.productOf(t.Client) != c.Op.Product {
		problem = failures.TokenProduct
	}
	if problem != "" {
		a := failures.Bearer(problem)
		return &a
	}
	return c.overLimit()
}
