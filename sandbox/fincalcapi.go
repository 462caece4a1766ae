package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/clientbook"
	"github.com/finsdk/finsdk-go/sandbox/internal/failures"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
)

// The company and the adviser of all clients.
const (
	companyName = "Example Advisers"
	adviserName = "Alice Adviser"
)

// listClients pages through the adviser's clients.
func listClients(c exchange) answer.Answer {
	query := c.Request.URL.Query()
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(query.Get(name)); err == nil {
			return n
		}
		return otherwise
	}
	page, size := number("PageNumber", 1), number("PageSize", 100)
	filter := clientbook.Filter{
		FirstName: query.Get("FirstName"),
		Surname:   query.Get("Surname"),
		NINumber:  query.Get("NINumber"),
		Reference: query.Get("ClientReference"),
		Postcode:  query.Get("Postcode"),
	}
	if tags := query.Get("ClientTags"); tags != "" {
		filter.Tags = strings.Split(tags, ",")
	}
	found := c.server.clientBook.List(filter)
	from := len(found)
	if page <= len(found) { // or the product overflows
		from = min((page-1)*size, len(found))
	}
	to := min(from+size, len(found))
	list := make([]object, 0, to-from)
	for _, client := range found[from:to] {
		list = append(list, c.formatted(object{
			{"ClientGUID", client.GUID},
			{"FirstName", client.FirstName},
			{"Surname", client.Surname},
			{"Gender", client.Gender},
			{"DateOfBirth", client.Born},
			{"AddressPostCode", client.Postcode},
			{"Reference", client.Reference},
			{"AdviserUserGUID", clientbook.GUID("adviser", adviserName)},
			{"BackOfficeID", backOfficeID(client)},
		}, clientTexts(client)))
	}
	link := func(number int) string {
		return c.Base() + c.Request.URL.Path + "?" + url.Values{"PageSize": {strconv.Itoa(size)}, "PageNumber": {strconv.Itoa(number)}}.Encode()
	}
	links := object{}
	before, after := page > 1, to < len(found)
	if before {
		links.Set("PreviousPage", link(page-1))
	}
	if after {
		links.Set("NextPage", link(page+1))
	}
	a := fincalcSuccess(http.StatusOK, list)
	a.Members.Set("meta", object{{"CurrentPage", page}, {"PageSize", size}, {"HasPreviousPage", before}, {"HasNextPage", after}, {"Links", links}})
	return a
}

func getClient(c exchange) answer.Answer {
	client, err := c.server.clientBook.ByBackOfficeID(c.Request.PathValue("BackOfficeID"))
	if err != nil {
		return bookRefusal(err)
	}
	return fincalcSuccess(http.StatusOK, c.formatted(object{
		{"Title", client.Title},
		{"FirstName", client.FirstName},
		{"Surname", client.Surname},
		{"KnownAs", client.FirstName},
		{"Gender", client.Gender},
		{"DateOfBirth", client.Born},
		{"EmailAddress", strings.ToLower(client.FirstName + "." + client.Surname + "@example.com")},
		{"AddressPostCode", client.Postcode},
		{"NINumber", client.NINumber},
		{"Reference", client.Reference},
		{"AdviserUserGUID", clientbook.GUID("adviser", adviserName)},
	}, clientTexts(client)))
}

func listClientTags(c exchange) answer.Answer {
	tags, err := c.server.clientBook.TagsOf(c.Request.PathValue("ClientGUID"))
	if err != nil {
		return bookRefusal(err)
	}
	return fincalcSuccess(http.StatusOK, c.tags(tags))
}

// addClientTag refuses an unknown client with 403, because FinCalc documents no 404 here.
func addClientTag(c exchange) answer.Answer {
	tags, err := c.server.clientBook.AddTag(c.Request.PathValue("ClientGUID"), c.Members()["TagGUID"])
	switch {
	case errors.Is(err, clientbook.ErrNoClient):
		return failures.FinCalc(http.StatusForbidden, sentence(err))
	case err != nil:
		return invalidFinCalc(c.Op, http.StatusUnprocessableEntity, []openapi.Problem{{Path: "TagGUID", Text: "names no tag"}})
	}
	return fincalcSuccess(http.StatusCreated, c.tags(tags))
}

func removeClientTag(c exchange) answer.Answer {
	return deletion(c.server.clientBook.RemoveTag(c.Request.PathValue("ClientGUID"), c.Request.PathValue("TagGUID")), "The tag was removed.")
}

func listCompanyTags(c exchange) answer.Answer {
	own, system := []object{}, []object{}
	for _, tag := range c.server.clientBook.Tags() {
		if tag.System {
			system = append(system, object{{"TagGUID", tag.GUID}, {"TagName", tag.Name}})
			continue
		}
		own = append(own, c.companyTag(tag))
	}
	return fincalcSuccess(http.StatusOK, object{{"CompanyClientTags", own}, {"SystemSuppliedClientTags", system}})
}

func createCompanyTag(c exchange) answer.Answer {
	name := strings.TrimSpace(c.Members()["TagName"])
	if name == "" {
		return namelessTag(c)
	}
	tag, err := c.server.clientBook.CreateTag(name, c.Members()["TagColour"])
	if err != nil {
		return bookRefusal(err)
	}
	return fincalcSuccess(http.StatusCreated, c.companyTag(tag))
}

func getCompanyTag(c exchange) answer.Answer {
	tag, err := c.server.clientBook.Tag(c.Request.PathValue("TagGUID"))
	if err != nil {
		return bookRefusal(err)
	}
	return fincalcSuccess(http.StatusOK, c.companyTag(tag))
}

// updateCompanyTag refuses an unknown tag with 403, because FinCalc documents no 404 here.
func updateCompanyTag(c exchange) answer.Answer {
	name := strings.TrimSpace(c.Members()["TagName"])
	if name == "" {
		return namelessTag(c)
	}
	tag, err := c.server.clientBook.ChangeTag(c.Request.PathValue("TagGUID"), name, c.Members()["TagColour"])
	if err != nil {
		return failures.FinCalc(http.StatusForbidden, sentence(err))
	}
	return fincalcSuccess(http.StatusOK, c.companyTag(tag))
}

func deleteCompanyTag(c exchange) answer.Answer {
	return deletion(c.server.clientBook.DeleteTag(c.Request.PathValue("TagGUID")), "The tag was deleted.")
}

func namelessTag(c exchange) answer.Answer {
	return invalidFinCalc(c.Op, http.StatusUnprocessableEntity, []openapi.Problem{{Path: "TagName", Text: "must not be blank"}})
}

func deletion(err error, message string) answer.Answer {
	if err != nil {
		return bookRefusal(err)
	}
	return answer.JSON(http.StatusOK, object{{"success", true}, {"message", message}})
}

// bookRefusal is 404 for what is not there, and otherwise 403.
func bookRefusal(err error) answer.Answer {
	status := http.StatusForbidden
	if errors.Is(err, clientbook.ErrNoClient) || errors.Is(err, clientbook.ErrNoTag) {
		status = http.StatusNotFound
	}
	return failures.FinCalc(status, sentence(err))
}

func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func fincalcSuccess(status int, data any) answer.Answer {
	return answer.JSON(status, object{{"success", true}, {"data", data}})
}

func (c exchange) tags(tags []clientbook.Tag) []object {
	list := make([]object, len(tags))
	for i, tag := range tags {
		list[i] = c.tag(tag)
	}
	return list
}

func (c exchange) tag(tag clientbook.Tag) object {
	return c.formatted(object{
		{"TagGUID", tag.GUID},
		{"CompanyGUID", clientbook.GUID("company", companyName)},
		{"TagName", tag.Name},
		{"TagColour", tag.Colour},
	}, object{{"CompanyGUID", companyName}})
}

func (c exchange) companyTag(tag clientbook.Tag) object {
	o := c.tag(tag)
	o.Set("TotalUsingTag", tag.Used)
	return o
}

// formatted adds the texts for people, unless the request has any value of ExcludeFormattedValues.
func (c exchange) formatted(o, texts object) object {
	body, _ := c.Value.(map[string]any)
	if !c.Request.URL.Query().Has("ExcludeFormattedValues") && body["ExcludeFormattedValues"] == nil {
		o.Set("FormattedValues", texts)
	}
	return o
}

func clientTexts(client clientbook.Client) object {
	born, _ := time.Parse(time.DateOnly, client.Born)
	gender := map[int]string{1: "Male", 2: "Female", 3: "Other"}[client.Gender]
	return object{{"Gender", gender}, {"DateOfBirth", born.Format("02/01/2006")}, {"AdviserUserGUID", adviserName}}
}

// backOfficeID is a number where it is even: FinCalc's examples have numbers and texts.
func backOfficeID(client clientbook.Client) any {
	if n, err := strconv.Atoi(client.BackOfficeID); err == nil && n%2 == 0 {
		return n
	}
	return client.BackOfficeID
}
