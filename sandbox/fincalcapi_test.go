package sandbox_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/finsdk/finsdk-go"
	"github.com/finsdk/finsdk-go/fincalc"
	fincalcapi "github.com/finsdk/finsdk-go/gen/fincalc/api"
	"github.com/finsdk/finsdk-go/sandbox"
)

// startFinCalc starts a sandbox and returns a client of its FinCalc.
func startFinCalc(t *testing.T, opts ...sandbox.Option) *fincalc.Client {
	t.Helper()
	client, err := fincalc.NewClient(sandbox.Start(t, opts...).FinCalc())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// answered returns a call's answer, which has to have the status.
func answered[R interface{ StatusCode() int }](t *testing.T, status int) func(R, error) R {
	t.Helper()
	return func(r R, err error) R {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode() != status {
			t.Fatalf("%T: %d, want %d", r, r.StatusCode(), status)
		}
		return r
	}
}

func clientsOf(t *testing.T, api *fincalc.Client, params fincalcapi.ListClientsParams) []fincalcapi.ClientListItem {
	t.Helper()
	r, err := api.ListClientsWithResponse(t.Context(), &params)
	return answered[*fincalcapi.ListClientsResponse](t, http.StatusOK)(r, err).JSON200.Data
}

func TestFinCalcClients_filters(t *testing.T) {
	api := startFinCalc(t)
	all := clientsOf(t, api, fincalcapi.ListClientsParams{})
	mary := all[1]
	if mary.FirstName != "Mary" || *mary.Gender != fincalcapi.GenderFemale || mary.DateOfBirth != finsdk.NewDate(1984, 11, 23) || mary.BackOfficeID != "10043" {
		t.Errorf("%+v", mary)
	}
	tags, err := api.ListClientTagsWithResponse(t.Context(), mary.ClientGUID, nil)
	tag := answered[*fincalcapi.ListClientTagsResponse](t, http.StatusOK)(tags, err).JSON200.Data[0].TagGUID
	for _, params := range []fincalcapi.ListClientsParams{
		{FirstName: new("mary")}, {Surname: new("Jones")}, {Postcode: new("M1 1AE")}, {NINumber: new("QQ234567A")},
		{Surname: new("Jones"), ClientReference: new("API Client")},
		{ClientTags: &tag}, {ClientTags: new("0C7B6A58-3E5D-4A6C-8C1B-2F9D4E7A8B90," + tag)},
	} {
		if found := clientsOf(t, api, params); len(found) != 1 || found[0].ClientGUID != mary.ClientGUID {
			t.Errorf("%+v finds %v", params, found)
		}
	}
	if john := all[0]; john.BackOfficeID != "10042" {
		t.Errorf("a back-office id that comes as a number is %q", john.BackOfficeID)
	}
	if found := clientsOf(t, api, fincalcapi.ListClientsParams{FirstName: new("Mary"), Surname: new("Smith")}); len(found) != 0 {
		t.Errorf("two filters that fit no client find %v", found)
	}
}

func TestFinCalcClients_pages(t *testing.T) {
	api := startFinCalc(t)
	all := clientsOf(t, api, fincalcapi.ListClientsParams{})
	for page, want := range map[int][]fincalcapi.ClientListItem{1: all[:3], 2: all[3:6], 3: all[6:], 4: {}} {
		answer, err := api.ListClients(t.Context(), &fincalcapi.ListClientsParams{PageNumber: &page, PageSize: new(3)})
		if err != nil {
			t.Fatal(err)
		}
		if meta := answer.Meta; !reflect.DeepEqual(answer.Data, want) || meta.CurrentPage != page || meta.PageSize != 3 ||
			meta.HasPreviousPage != (page > 1) || meta.HasPreviousPage != strings.HasSuffix(meta.Links.PreviousPage, fmt.Sprintf("%s?PageNumber=%d&PageSize=3", listClients, page-1)) ||
			meta.HasNextPage != (page < 3) || meta.HasNextPage != strings.HasSuffix(meta.Links.NextPage, fmt.Sprintf("%s?PageNumber=%d&PageSize=3", listClients, page+1)) {
			t.Errorf("page %d: %+v", page, answer)
		}
	}
	_, err := api.ListClients(t.Context(), &fincalcapi.ListClientsParams{PageSize: new(101)})
	var failure *finsdk.APIError
	if !errors.As(err, &failure) || len(failure.Fields) != 1 || failure.Fields[0].Field != "PageSize" || !errors.Is(err, finsdk.ErrUnprocessable) {
		t.Errorf("too large a page: %v", err)
	}
}

func TestFinCalcClients_allPages(t *testing.T) {
	vendors := sandbox.Start(t)
	api, err := fincalc.NewClient(vendors.FinCalc())
	if err != nil {
		t.Fatal(err)
	}
	walk := func(params fincalcapi.ListClientsParams, atMost int) (names []string, last error) {
		for client, err := range api.AllClients(t.Context(), &params) {
			if err != nil {
				return names, err
			}
			if names = append(names, client.FirstName); len(names) == atMost {
				break
			}
		}
		return names, nil
	}
	calls := func() (n int) {
		for _, x := range vendors.Journal() {
			if x.Endpoint == sandbox.APIEndpoint {
				n++
			}
		}
		vendors.ResetJournal()
		return n
	}
	if names, err := walk(fincalcapi.ListClientsParams{PageSize: new(2)}, 100); err != nil || strings.Join(names, " ") != "John Mary Priya Owen Alex Grace Samuel" || calls() != 4 {
		t.Errorf("all: %v, %v", names, err)
	}
	if names, err := walk(fincalcapi.ListClientsParams{PageSize: new(1), ClientReference: new("API Client"), Surname: new("Patel")}, 100); err != nil || strings.Join(names, " ") != "Priya" {
		t.Errorf("those with a filter: %v, %v", names, err)
	}
	calls()
	if names, err := walk(fincalcapi.ListClientsParams{PageSize: new(2)}, 2); err != nil || len(names) != 2 || calls() != 1 {
		t.Errorf("a caller who stops after the first page: %v, %v", names, err)
	}
	if err := vendors.Inject(sandbox.Fault{Vendor: sandbox.FinCalc, Endpoint: sandbox.APIEndpoint, Status: http.StatusForbidden, Rate: 0.5}); err != nil {
		t.Fatal(err)
	}
	if names, err := walk(fincalcapi.ListClientsParams{PageSize: new(2)}, 100); !errors.Is(err, finsdk.ErrForbidden) || len(names) != 2 {
		t.Errorf("the second page is refused: %v, %v", names, err)
	}
}

func TestFinCalcClients_formattedValuesCanBeLeftOut(t *testing.T) {
	api := startFinCalc(t)
	if with := clientsOf(t, api, fincalcapi.ListClientsParams{})[0].FormattedValues; with["DateOfBirth"] != "04/05/1990" || with["Gender"] != "Male" {
		t.Errorf("with them: %v", with)
	}
	if without := clientsOf(t, api, fincalcapi.ListClientsParams{ExcludeFormattedValues: new("1")})[0].FormattedValues; without != nil {
		t.Errorf("without them: %v", without)
	}
	body := fincalcapi.TagRequest{TagName: "VIP", TagColour: "#00FF00", ExcludeFormattedValues: "1"}
	tag, err := api.CreateCompanyTagWithResponse(t.Context(), body)
	if without := answered[*fincalcapi.CreateCompanyTagResponse](t, http.StatusCreated)(tag, err).JSON201.Data.FormattedValues; without != nil {
		t.Errorf("without them in an answer to POST: %v", without)
	}
}

func TestFinCalcClient_byBackOfficeID(t *testing.T) {
	api := startFinCalc(t)
	r, err := api.GetClientByBackOfficeIDWithResponse(t.Context(), "10045", nil)
	client := answered[*fincalcapi.GetClientByBackOfficeIDResponse](t, http.StatusOK)(r, err).JSON200.Data
	if client.Surname != "Davies" || client.DateOfBirth != finsdk.NewDate(1966, 7, 30) || client.EmailAddress != "owen.davies@example.com" {
		t.Errorf("%+v", client)
	}
	r, err = api.GetClientByBackOfficeIDWithResponse(t.Context(), "1", nil)
	refusal := answered[*fincalcapi.GetClientByBackOfficeIDResponse](t, http.StatusNotFound)(r, err).Err()
	if !errors.Is(refusal, finsdk.ErrNotFound) || !strings.Contains(refusal.Error(), "There is no such client") {
		t.Errorf("an unknown one: %v", refusal)
	}
}

func TestFinCalcTags_ofAClient(t *testing.T) {
	api := startFinCalc(t)
	john := clientsOf(t, api, fincalcapi.ListClientsParams{Surname: new("Smith")})[0].ClientGUID
	names := func() (list []string) {
		r, err := api.ListClientTagsWithResponse(t.Context(), john, nil)
		for _, tag := range answered[*fincalcapi.ListClientTagsResponse](t, http.StatusOK)(r, err).JSON200.Data {
			list = append(list, tag.TagName)
		}
		return list
	}
	all, err := api.ListCompanyTagsWithResponse(t.Context(), nil)
	tags := answered[*fincalcapi.ListCompanyTagsResponse](t, http.StatusOK)(all, err).JSON200.Data
	own, system := tags.CompanyClientTags[0], tags.SystemSuppliedClientTags[0]
	for _, tag := range []string{own.TagGUID, system.TagGUID, strings.ToLower(own.TagGUID)} {
		r, err := api.AddClientTagWithResponse(t.Context(), john, fincalcapi.ClientTagRequest{TagGUID: tag})
		answered[*fincalcapi.AddClientTagResponse](t, http.StatusCreated)(r, err)
	}
	if got := names(); !slices.Equal(got, []string{own.TagName, system.TagName}) {
		t.Errorf("after both were added, one of them twice: %v", got)
	}
	one, err := api.GetCompanyTagWithResponse(t.Context(), own.TagGUID, nil)
	if used := answered[*fincalcapi.GetCompanyTagResponse](t, http.StatusOK)(one, err).JSON200.Data.TotalUsingTag; *used != 2 {
		t.Errorf("John and Mary have the tag, it says %d", *used)
	}
	for _, status := range []int{http.StatusOK, http.StatusNotFound} {
		r, err := api.RemoveClientTagWithResponse(t.Context(), john, own.TagGUID)
		answered[*fincalcapi.RemoveClientTagResponse](t, status)(r, err)
	}
	if got := names(); !slices.Equal(got, []string{system.TagName}) {
		t.Errorf("after one was removed: %v", got)
	}

	unknown, err := api.ListClientTagsWithResponse(t.Context(), "nobody", nil)
	answered[*fincalcapi.ListClientTagsResponse](t, http.StatusNotFound)(unknown, err)
	gone, err := api.RemoveClientTagWithResponse(t.Context(), "nobody", own.TagGUID)
	answered[*fincalcapi.RemoveClientTagResponse](t, http.StatusNotFound)(gone, err)
	added, err := api.AddClientTagWithResponse(t.Context(), "nobody", fincalcapi.ClientTagRequest{TagGUID: own.TagGUID})
	answered[*fincalcapi.AddClientTagResponse](t, http.StatusForbidden)(added, err)
	added, err = api.AddClientTagWithResponse(t.Context(), john, fincalcapi.ClientTagRequest{TagGUID: "none"})
	if fields := answered[*fincalcapi.AddClientTagResponse](t, http.StatusUnprocessableEntity)(added, err).JSON422.Data; len(fields["TagGUID"]) != 1 {
		t.Errorf("%v", fields)
	}
}

func TestFinCalcTags_ofTheCompany(t *testing.T) {
	api := startFinCalc(t)
	mary := clientsOf(t, api, fincalcapi.ListClientsParams{Surname: new("Jones")})[0].ClientGUID
	created, err := api.CreateCompanyTagWithResponse(t.Context(), fincalcapi.TagRequest{TagName: strings.Repeat("é", 25), TagColour: "#a1B2c3"})
	tag := answered[*fincalcapi.CreateCompanyTagResponse](t, http.StatusCreated)(created, err).JSON201.Data
	if *tag.TotalUsingTag != 0 || tag.TagColour != "#a1B2c3" || tag.FormattedValues["CompanyGUID"] == nil {
		t.Errorf("created: %+v", tag)
	}
	updated, err := api.UpdateCompanyTagWithResponse(t.Context(), tag.TagGUID, fincalcapi.TagRequest{TagName: "VIP", TagColour: "#000000"})
	answered[*fincalcapi.UpdateCompanyTagResponse](t, http.StatusOK)(updated, err)
	added, err := api.AddClientTagWithResponse(t.Context(), mary, fincalcapi.ClientTagRequest{TagGUID: tag.TagGUID})
	if tags := answered[*fincalcapi.AddClientTagResponse](t, http.StatusCreated)(added, err).JSON201.Data; len(tags) != 2 || tags[1].TagName != "VIP" {
		t.Errorf("Mary has %v", tags)
	}
	for _, status := range []int{http.StatusOK, http.StatusNotFound} {
		r, err := api.DeleteCompanyTagWithResponse(t.Context(), tag.TagGUID)
		answered[*fincalcapi.DeleteCompanyTagResponse](t, status)(r, err)
	}
	one, err := api.GetCompanyTagWithResponse(t.Context(), tag.TagGUID, nil)
	answered[*fincalcapi.GetCompanyTagResponse](t, http.StatusNotFound)(one, err)
	left, err := api.ListClientTagsWithResponse(t.Context(), mary, nil)
	if tags := answered[*fincalcapi.ListClientTagsResponse](t, http.StatusOK)(left, err).JSON200.Data; len(tags) != 1 {
		t.Errorf("after the tag was deleted Mary has %v", tags)
	}
	updated, err = api.UpdateCompanyTagWithResponse(t.Context(), tag.TagGUID, fincalcapi.TagRequest{TagName: "VIP", TagColour: "#000000"})
	answered[*fincalcapi.UpdateCompanyTagResponse](t, http.StatusForbidden)(updated, err)

	all, err := api.ListCompanyTagsWithResponse(t.Context(), nil)
	system := answered[*fincalcapi.ListCompanyTagsResponse](t, http.StatusOK)(all, err).JSON200.Data.SystemSuppliedClientTags[0].TagGUID
	gone, err := api.DeleteCompanyTagWithResponse(t.Context(), system)
	answered[*fincalcapi.DeleteCompanyTagResponse](t, http.StatusForbidden)(gone, err)
}

// Each sandbox reads what the one before has written, and none is closed before the end.
func TestFinCalcTags_surviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	api := startFinCalc(t, sandbox.WithStateFile(path))
	john := clientsOf(t, api, fincalcapi.ListClientsParams{Surname: new("Smith")})[0].ClientGUID
	tagged := func(want ...string) {
		t.Helper()
		r, err := api.ListClientTagsWithResponse(t.Context(), john, nil)
		var got []string
		for _, tag := range answered[*fincalcapi.ListClientTagsResponse](t, http.StatusOK)(r, err).JSON200.Data {
			got = append(got, tag.TagName)
		}
		if !slices.Equal(got, want) {
			t.Errorf("John has %v, want %v", got, want)
		}
	}
	created, err := api.CreateCompanyTagWithResponse(t.Context(), fincalcapi.TagRequest{TagName: "Later", TagColour: "#112233"})
	later := answered[*fincalcapi.CreateCompanyTagResponse](t, http.StatusCreated)(created, err).JSON201.Data.TagGUID
	added, err := api.AddClientTagWithResponse(t.Context(), john, fincalcapi.ClientTagRequest{TagGUID: later})
	answered[*fincalcapi.AddClientTagResponse](t, http.StatusCreated)(added, err)

	api = startFinCalc(t, sandbox.WithStateFile(path))
	tagged("Later")
	deleted, err := api.DeleteCompanyTagWithResponse(t.Context(), later)
	answered[*fincalcapi.DeleteCompanyTagResponse](t, http.StatusOK)(deleted, err)

	api = startFinCalc(t, sandbox.WithStateFile(path))
	tagged()
}

func TestFinCalcTags_limits(t *testing.T) {
	api := startFinCalc(t)
	for _, row := range []struct {
		body  fincalcapi.TagRequest
		field string
	}{
		{fincalcapi.TagRequest{TagName: strings.Repeat("x", 26), TagColour: "#000000"}, "TagName"},
		{fincalcapi.TagRequest{TagColour: "#000000"}, "TagName"},
		{fincalcapi.TagRequest{TagName: "  ", TagColour: "#000000"}, "TagName"},
		{fincalcapi.TagRequest{TagName: "a:b", TagColour: "#000000"}, "TagName"},
		{fincalcapi.TagRequest{TagName: "VIP", TagColour: "#00000"}, "TagColour"},
		{fincalcapi.TagRequest{TagName: "VIP", TagColour: "#0000000"}, "TagColour"},
		{fincalcapi.TagRequest{TagName: "VIP", TagColour: "#00000g"}, "TagColour"},
		{fincalcapi.TagRequest{TagName: "VIP", TagColour: "red"}, "TagColour"},
	} {
		r, err := api.CreateCompanyTagWithResponse(t.Context(), row.body)
		said := answered[*fincalcapi.CreateCompanyTagResponse](t, http.StatusUnprocessableEntity)(r, err).JSON422
		if len(said.Data) != 1 || len(said.Data[row.field]) != 1 || said.Message != "Validation Error" {
			t.Errorf("%#v: %v %v", row.body.TagName+" "+row.body.TagColour, said.Message, said.Data)
		}
	}
	for i := 0; ; i++ {
		r, err := api.CreateCompanyTagWithResponse(t.Context(), fincalcapi.TagRequest{TagName: fmt.Sprint("Tag ", i), TagColour: "#000000"})
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode() == http.StatusForbidden {
			break
		}
		if i > 1000 {
			t.Fatal("tags without end")
		}
	}
}

// The documents hold the other calls: a body is checked, and the answer is the example.
func TestFinCalcHouseholds_checkTheRequest(t *testing.T) {
	api := startFinCalc(t)
	good := fincalcapi.ExpenditureRequest{ClientGUID: "c", ExpenditureDescription: "Food", ExpenditureType: 1, ExpenditureAmount: 412.35, Frequency: 52, StartBasis: 1}
	r, err := api.CreateExpenditureWithResponse(t.Context(), "h", good)
	answered[*fincalcapi.CreateExpenditureResponse](t, http.StatusOK)(r, err)
	for field, change := range map[string]func(*fincalcapi.ExpenditureRequest){
		"ExpenditureDescription": func(e *fincalcapi.ExpenditureRequest) { e.ExpenditureDescription = strings.Repeat("x", 51) },
		"ClientGUID":             func(e *fincalcapi.ExpenditureRequest) { e.ClientGUID = "" },
		"EndAge":                 func(e *fincalcapi.ExpenditureRequest) { e.EndAge = new(131) },
	} {
		bad := good
		change(&bad)
		r, err := api.CreateExpenditureWithResponse(t.Context(), "h", bad)
		if answered[*fincalcapi.CreateExpenditureResponse](t, http.StatusUnprocessableEntity)(r, err); !strings.Contains(string(r.Body), `"data":{"`+field+`":[`) {
			t.Errorf("%s: %s", field, r.Body)
		}
	}
	assets, err := api.ListAssetsWithResponse(t.Context(), "h", nil)
	asset := answered[*fincalcapi.ListAssetsResponse](t, http.StatusOK)(assets, err).JSON200.Data[0]
	if asset.BackOfficeID != "10042" || *asset.PurchasedValue != 210000.5 || asset.ValueDate != finsdk.NewDate(2026, 5, 14) {
		t.Errorf("%+v", asset)
	}
}
