// Package finventi answers for the APIs of Finventi's products.
package finventi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	finventiserver "github.com/finsdk/finsdk-go/gen/finventi/server"
	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/call"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/gate"
	"github.com/finsdk/finsdk-go/sandbox/internal/idempotency"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
	"github.com/finsdk/finsdk-go/sandbox/internal/payees"
	"github.com/finsdk/finsdk-go/sandbox/internal/payments"
	"github.com/finsdk/finsdk-go/sandbox/internal/reports"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
	"github.com/finsdk/finsdk-go/sandbox/internal/vendors"
)

// An API is that of all products, each below a prefix of its own.
type API struct {
	Gate     *gate.Gate
	Document *openapi.Document

	repeats idempotency.Store
	reports reports.Book  // of RRC
	payees  payees.Book   // of VerificationOfPayee
	bank    payments.Bank // of Payments
}

// Products returns the names of the products by the prefixes of their APIs.
func Products() map[string]string {
	return map[string]string{
		vendors.FinventiAPIPath:      "RRC",
		vendors.FinventiPayeePath:    "VerificationOfPayee",
		vendors.FinventiPaymentsPath: "Payments",
	}
}

// Resource returns what Finventi does beside what its document says.
func (a *API) Resource() call.API {
	return call.API{
		Enter:  a.enter,
		Refuse: call.Plain,
		Calls: call.Bind(a.visit, map[string]op{
			"ReportAccounts":                func(c visit) answer.Answer { return c.report(c.list("accounts"), c.accountRef) },
			"UpdateAccounts":                func(c visit) answer.Answer { return c.rereport(c.list("accounts"), "iban", "currency") },
			"AddRepresentatives":            ofAccount(func(c visit, list string) answer.Answer { return c.report(list, uuid.New) }),
			"UpdateRepresentatives":         ofAccount(func(c visit, list string) answer.Answer { return c.rereport(list) }),
			"ReportBeneficiaries":           func(c visit) answer.Answer { return c.report(c.list("beneficiaries"), uuid.New) },
			"UpdateBeneficiaries":           func(c visit) answer.Answer { return c.rereport(c.list("beneficiaries")) },
			"VerifyPayee":                   reading(verifyPayee),
			"ImportPayeeAccounts":           reading(importPayees),
			"UpdatePayeeAccountByIBAN":      reading(updatePayee),
			"UpdatePayeeAccountsByClientID": reading(updatePayees),
			"DeletePayeeAccounts":           reading(deletePayees),
			"CreatePaymentAccount":          reading(createPaymentAccount),
			"SearchPaymentAccounts":         searchPaymentAccounts,
			"UpdatePaymentAccount":          reading(updatePaymentAccount),
			"ChangePaymentAccountStatus":    reading(changePaymentAccountStatus),
		}),
	}
}

// A visit is a call to the API.
type visit struct {
	*call.Call
	*API
}

type op = func(visit) answer.Answer

func (a *API) visit(c *call.Call) visit { return visit{c, a} }

// enter refuses a token of another product's client.
func (a *API) enter(c *call.Call) *answer.Answer {
	return a.Gate.Enter(c, func(t *accounts.Token) failures.TokenProblem {
		if c.Op.Product != "" && a.Document.ProductOf(t.Client) != c.Op.Product {
			return failures.TokenProduct
		}
		return ""
	})
}

// reading makes an operation of one that takes the body. The body has been checked against the
// document.
func reading[R any](do func(visit, R) answer.Answer) op {
	return func(c visit) answer.Answer {
		var request R
		if err := json.Unmarshal(c.Body, &request); err != nil {
			return answer.OAuthError(http.StatusBadRequest, "invalid_request", "The body cannot be read")
		}
		return do(c, request)
	}
}

// list names a list of the client's reports.
func (c visit) list(words ...string) string {
	return strings.Join(append([]string{c.Token.Realm, c.Token.Client}, words...), "\x00")
}

// accountRef makes a refId like the one on the vendor's page.
func (c visit) accountRef() string {
	hex := strings.ToUpper(strings.ReplaceAll(uuid.New(), "-", ""))
	return "305697289_" + c.Now.UTC().Format("20060102") + "_" + hex[:16]
}

// report answers with each element of the body, under a new refId.
func (c visit) report(list string, newRef func() string) answer.Answer {
	elements, _ := c.Value.([]any)
	return taken(c.reports.Add(list, elements, newRef))
}

// rereport answers with each element of the body in place of the one with its refId. The vendor
// documents no answer for an element that it refuses, so the sandbox refuses the whole request:
// with 404 for a refId that it does not know, and with 400 for a member that never changes.
func (c visit) rereport(list string, fixed ...string) answer.Answer {
	elements, _ := c.Value.([]any)
	changed, problem := c.reports.Change(list, elements, fixed...)
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
func ofAccount(do func(c visit, list string) answer.Answer) op {
	return func(c visit) answer.Answer {
		ref := c.Request.PathValue("accountRefId")
		if !c.reports.Has(c.list("accounts"), ref) {
			return answer.OAuthError(http.StatusNotFound, "not_found", "accountRefId is unknown")
		}
		return do(c, c.list("accounts", ref))
	}
}

// once carries a call out once for each Idempotency-Key. After that it repeats the first answer,
// whatever the request is: the vendor documents no answer to a key that comes with another one.
func (c visit) once(list string, do func() answer.Answer) answer.Answer {
	a, _ := c.repeats.Do(c.list(list, c.Request.Header.Get("Idempotency-Key")), "", nil, c.Now, do)
	return a
}

// verifyPayee compares the payee with the holder of the account.
func verifyPayee(c visit, request finventiserver.PayeeVerificationRequest) answer.Answer {
	if request.AccountHolderName == "" && request.OrganisationIdentification == (finventiserver.PayeeOrganisation{}) {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", "account_holder_name or organisation_identification is required")
	}
	return c.once("verified", func() answer.Answer {
		result, realName := c.payees.Match(c.Token.Realm, request)
		members := jsondoc.Object{{"match_result", result}, {"reference_id", uuid.New()}, {"timestamp", c.second().Format(time.RFC3339)}}
		if realName != "" {
			members.Set("real_name", realName)
		}
		return answer.JSON(http.StatusOK, members)
	})
}

// importPayees takes every account: the vendor does not validate them.
func importPayees(c visit, request finventiserver.PayeeAccountImport) answer.Answer {
	return c.once("imported", func() answer.Answer {
		c.payees.Import(c.Token.Realm, request.Accounts)
		return answer.Value(http.StatusOK, finventiserver.PayeeAccountImportResult{
			TotalCount:      len(request.Accounts),
			ImportedCount:   len(request.Accounts),
			ImportedEntries: request.Accounts,
		})
	})
}

func updatePayee(c visit, update finventiserver.PayeeAccountUpdate) answer.Answer {
	changed := c.payees.Change(c.Token.Realm, payees.HasIBAN(c.Request.PathValue("iban")), update)
	if changed == nil {
		return answer.OAuthError(http.StatusNotFound, "not_found", "iban is unknown")
	}
	return answer.Value(http.StatusOK, changed[0])
}

func updatePayees(c visit, update finventiserver.PayeeAccountUpdate) answer.Answer {
	changed := c.payees.Change(c.Token.Realm, payees.HasClient(c.Request.PathValue("clientId")), update)
	if changed == nil {
		return answer.OAuthError(http.StatusNotFound, "not_found", "clientId is unknown")
	}
	return answer.Value(http.StatusOK, finventiserver.PayeeAccountList{Accounts: changed})
}

// deletePayees deletes what it can. The vendor's failures name an IBAN, so a client id that is
// unknown stands in that place.
func deletePayees(c visit, request finventiserver.PayeeAccountDeletion) answer.Answer {
	result := finventiserver.PayeeAccountDeletionResult{DeletedIBANs: []string{}, FailedEntries: []finventiserver.UndeletedPayeeAccount{}}
	remove := func(what string, is func(payees.Account) bool) {
		ibans := c.payees.Delete(c.Token.Realm, is)
		if ibans == nil {
			result.FailedEntries = append(result.FailedEntries, finventiserver.UndeletedPayeeAccount{IBAN: what, Reason: "Not found"})
		}
		result.DeletedIBANs = append(result.DeletedIBANs, ibans...)
	}
	for _, iban := range request.IBANs {
		remove(iban, payees.HasIBAN(iban))
	}
	for _, id := range request.ClientIDs {
		remove(id, payees.HasClient(id))
	}
	result.DeletedCount, result.FailedCount = len(result.DeletedIBANs), len(result.FailedEntries)
	result.TotalCount = result.DeletedCount + result.FailedCount
	return answer.Value(http.StatusOK, result)
}

func createPaymentAccount(c visit, n finventiserver.NewPaymentAccount) answer.Answer {
	return paymentAccount(c.bank.Create(c.Token.Realm, c.Request.Header.Get("Idempotency-Key"), n, c.second()))
}

func updatePaymentAccount(c visit, u finventiserver.PaymentAccountUpdate) answer.Answer {
	return paymentAccount(c.bank.Update(c.Token.Realm, c.id(), u, c.second()))
}

func changePaymentAccountStatus(c visit, change finventiserver.PaymentAccountStatusChange) answer.Answer {
	return paymentAccount(c.bank.SetStatus(c.Token.Realm, c.id(), change.Status, c.second()))
}

func searchPaymentAccounts(c visit) answer.Answer {
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
	page, err := c.bank.Search(c.Token.Realm, search)
	if err != nil {
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", err.Error())
	}
	return answer.Value(http.StatusOK, page)
}

// paymentAccount answers with an account, or with a refusal.
func paymentAccount(a payments.Account, err error) answer.Answer {
	switch {
	case errors.Is(err, payments.ErrUnknown):
		return answer.OAuthError(http.StatusNotFound, "not_found", err.Error())
	case err != nil:
		return answer.OAuthError(http.StatusBadRequest, "invalid_request", err.Error())
	}
	return answer.Value(http.StatusOK, a)
}

// id returns the account's id in the path, or 0, which no account has.
func (c visit) id() int64 {
	id, err := strconv.ParseInt(c.Request.PathValue("id"), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// second is now, in whole seconds.
func (c visit) second() time.Time { return c.Now.UTC().Truncate(time.Second) }
