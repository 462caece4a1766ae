package onefinops_test

import (
	"encoding/json"
	"reflect"
	"testing"

	onefinopsapi "github.com/finsdk/finsdk-go/gen/onefinops/api"
)

// What a document leaves open goes out and comes back as the caller gave it, and members that are
// absent stay absent.
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
	delete(line.AdditionalProperties, "hsnCode")
	if !reflect.DeepEqual(again, line) {
		t.Errorf("got %#v, want %#v", again, line)
	}
}
