package onefinops_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go/auth"
	onefinopsapi "github.com/finsdk/finsdk-go/gen/onefinops/api"
	"github.com/finsdk/finsdk-go/internal/test/vendortest"
	"github.com/finsdk/finsdk-go/onefinops"
)

// Members that the document does not name are sent and read unchanged, and absent members stay
// absent.
func TestOpenMembers(t *testing.T) {
	line := onefinopsapi.EInvoiceItem{SerialNumber: "1", IsService: onefinopsapi.YesNoNo, HSNCode: "8471", UnitPrice: 1000.1,
		AdditionalProperties: map[string]any{"igstAmount": 1800.18, "hsnCode": "another"}}
	text, err := json.Marshal(line)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"hsnCode":"8471","igstAmount":1800.18,"isService":"N","quantity":0,"serialNumber":"1","totalAmount":0,"unitPrice":1000.1}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	var again onefinopsapi.EInvoiceItem
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	line.AdditionalProperties = map[string]any{"igstAmount": json.Number("1800.18")}
	if !reflect.DeepEqual(again, line) {
		t.Errorf("got %#v, want %#v", again, line)
	}
}

// Numbers that the document does not name keep their digits, and so does an answer of any JSON
// value.
func TestUnnamedNumbersKeepTheirDigits(t *testing.T) {
	const id, amount = "9007199254740993", "12345678901234.56"
	vendor := vendortest.New(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/v1/einvoices/irn":
			fmt.Fprintf(w, `{"irn":"i","ackNumber":%s,"more":{"id":%[1]s},"amount":%s}`, id, amount)
		case "/v1/ewaybills/assigned":
			fmt.Fprintf(w, `[{"ewbNumber":%s}]`, id)
		default:
			fmt.Fprint(w, `{"access_token":"t","expires_in":900,"token_type":"Bearer"}`)
		}
	})
	client, err := onefinops.NewClient(onefinops.Config{ClientID: "ofin_test_1", ClientSecret: auth.NewSecret("my-secret"), AuthURL: vendor.URL, APIURL: vendor.URL})
	if err != nil {
		t.Fatal(err)
	}
	invoice, err := client.GetEInvoiceByIRN(t.Context(), &onefinops.GetEInvoiceByIRNParams{GSTIN: "g", IRN: "i"})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(*invoice.AckNumber, invoice.AdditionalProperties); got != id+" map[amount:"+amount+" more:map[id:"+id+"]]" {
		t.Errorf("got %s", got)
	}
	if text, err := json.Marshal(invoice); err != nil || strings.Count(string(text), id) != 2 || !strings.Contains(string(text), amount) {
		t.Errorf("got %s, %v", text, err)
	}
	bills, err := client.ListAssignedEWayBills(t.Context(), &onefinops.ListAssignedEWayBillsParams{GSTIN: "g", Date: "2026-05-14"})
	if err != nil || fmt.Sprint(*bills) != "[map[ewbNumber:"+id+"]]" {
		t.Errorf("got %v, %v", bills, err)
	}
}

// Neither the vendor's status of a success nor the name of its JSON is documented.
func TestAnotherSuccess(t *testing.T) {
	vendor := vendortest.New(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/einvoices/generate" {
			w.Header()["Content-Type"] = nil
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, `{"irn":"i"}`)
			return
		}
		fmt.Fprint(w, `{"access_token":"t","expires_in":900,"token_type":"Bearer"}`)
	})
	client, err := onefinops.NewClient(onefinops.Config{ClientID: "ofin_test_1", ClientSecret: auth.NewSecret("my-secret"), AuthURL: vendor.URL, APIURL: vendor.URL})
	if err != nil {
		t.Fatal(err)
	}
	if invoice, err := client.GenerateEInvoice(t.Context(), &onefinops.GenerateEInvoiceParams{GSTIN: "g"}, onefinops.EInvoiceRequest{}); err != nil || invoice.IRN != "i" {
		t.Errorf("got %v, %v", invoice, err)
	}
}
