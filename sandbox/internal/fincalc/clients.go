package fincalc

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
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
)

// The company and the adviser of all clients.
const (
	companyName = "Example Advisers"
	adviserName = "Alice Adviser"
)

// listClients pages through the adviser's clients.
func listClients(c visit) answer.Answer {
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
	found := c.Book.List(filter)
	from := len(found)
	if page <= len(found) { // or the product overflows
		from = min((page-1)*size, len(found))
	}
	to := min(from+size, len(found))
	list := make([]jsondoc.Object, 0, to-from)
	for _, client := range found[from:to] {
		list = append(list, c.formatted(jsondoc.Object{
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
	links := jsondoc.Object{}
	before, after := page > 1, to < len(found)
	if before {
		links.Set("PreviousPage", link(page-1))
	}
	if after {
		links.Set("NextPage", link(page+1))
	}
	a := success(http.StatusOK, list)
	a.Members.Set("meta", jsondoc.Object{{"CurrentPage", page}, {"PageSize", size}, {"HasPreviousPage", before}, {"HasNextPage", after}, {"Links", links}})
	return a
}

func getClient(c visit) answer.Answer {
	client, err := c.Book.ByBackOfficeID(c.Request.PathValue("BackOfficeID"))
	if err != nil {
		return bookRefusal(err)
	}
	return success(http.StatusOK, c.formatted(jsondoc.Object{
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

func listClientTags(c visit) answer.Answer {
	tags, err := c.Book.TagsOf(c.Request.PathValue("ClientGUID"))
	if err != nil {
		return bookRefusal(err)
	}
	return success(http.StatusOK, c.tags(tags))
}

// addClientTag refuses an unknown client with 403, because FinCalc documents no 404 here.
func addClientTag(c visit) answer.Answer {
	tags, err := c.Book.AddTag(c.Request.PathValue("ClientGUID"), c.Members()["TagGUID"])
	switch {
	case errors.Is(err, clientbook.ErrNoClient):
		return failures.FinCalc(http.StatusForbidden, sentence(err))
	case err != nil:
		return invalid(c.Op, http.StatusUnprocessableEntity, []openapi.Problem{{Path: "TagGUID", Text: "names no tag"}})
	}
	return success(http.StatusCreated, c.tags(tags))
}

func removeClientTag(c visit) answer.Answer {
	return deletion(c.Book.RemoveTag(c.Request.PathValue("ClientGUID"), c.Request.PathValue("TagGUID")), "The tag was removed.")
}

func listCompanyTags(c visit) answer.Answer {
	own, system := []jsondoc.Object{}, []jsondoc.Object{}
	for _, tag := range c.Book.Tags() {
		if tag.System {
			system = append(system, jsondoc.Object{{"TagGUID", tag.GUID}, {"TagName", tag.Name}})
			continue
		}
		own = append(own, c.companyTag(tag))
	}
	return success(http.StatusOK, jsondoc.Object{{"CompanyClientTags", own}, {"SystemSuppliedClientTags", system}})
}

func createCompanyTag(c visit) answer.Answer {
	name := strings.TrimSpace(c.Members()["TagName"])
	if name == "" {
		return namelessTag(c)
	}
	tag, err := c.Book.CreateTag(name, c.Members()["TagColour"])
	if err != nil {
		return bookRefusal(err)
	}
	return success(http.StatusCreated, c.companyTag(tag))
}

func getCompanyTag(c visit) answer.Answer {
	tag, err := c.Book.Tag(c.Request.PathValue("TagGUID"))
	if err != nil {
		return bookRefusal(err)
	}
	return success(http.StatusOK, c.companyTag(tag))
}

// updateCompanyTag refuses an unknown tag with 403, because FinCalc documents no 404 here.
func updateCompanyTag(c visit) answer.Answer {
	name := strings.TrimSpace(c.Members()["TagName"])
	if name == "" {
		return namelessTag(c)
	}
	tag, err := c.Book.ChangeTag(c.Request.PathValue("TagGUID"), name, c.Members()["TagColour"])
	if err != nil {
		return failures.FinCalc(http.StatusForbidden, sentence(err))
	}
	return success(http.StatusOK, c.companyTag(tag))
}

func deleteCompanyTag(c visit) answer.Answer {
	return deletion(c.Book.DeleteTag(c.Request.PathValue("TagGUID")), "The tag was deleted.")
}

func namelessTag(c visit) answer.Answer {
	return invalid(c.Op, http.StatusUnprocessableEntity, []openapi.Problem{{Path: "TagName", Text: "must not be blank"}})
}

func deletion(err error, message string) answer.Answer {
	if err != nil {
		return bookRefusal(err)
	}
	return answer.JSON(http.StatusOK, jsondoc.Object{{"success", true}, {"message", message}})
}

// bookRefusal is 404 for an unknown client or tag, and otherwise 403.
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

func success(status int, data any) answer.Answer {
	return answer.JSON(status, jsondoc.Object{{"success", true}, {"data", data}})
}

func (c visit) tags(tags []clientbook.Tag) []jsondoc.Object {
	list := make([]jsondoc.Object, len(tags))
	for i, tag := range tags {
		list[i] = c.tag(tag)
	}
	return list
}

func (c visit) tag(tag clientbook.Tag) jsondoc.Object {
	return c.formatted(jsondoc.Object{
		{"TagGUID", tag.GUID},
		{"CompanyGUID", clientbook.GUID("company", companyName)},
		{"TagName", tag.Name},
		{"TagColour", tag.Colour},
	}, jsondoc.Object{{"CompanyGUID", companyName}})
}

func (c visit) companyTag(tag clientbook.Tag) jsondoc.Object {
	o := c.tag(tag)
	o.Set("TotalUsingTag", tag.Used)
	return o
}

// formatted adds the texts for people, unless the request has any value of ExcludeFormattedValues.
func (c visit) formatted(o, texts jsondoc.Object) jsondoc.Object {
	body, _ := c.Value.(map[string]any)
	if !c.Request.URL.Query().Has("ExcludeFormattedValues") && body["ExcludeFormattedValues"] == nil {
		o.Set("FormattedValues", texts)
	}
	return o
}

func clientTexts(client clientbook.Client) jsondoc.Object {
	born, _ := time.Parse(time.DateOnly, client.Born)
	gender := map[int]string{1: "Male", 2: "Female", 3: "Other"}[client.Gender]
	return jsondoc.Object{{"Gender", gender}, {"DateOfBirth", born.Format("02/01/2006")}, {"AdviserUserGUID", adviserName}}
}

// backOfficeID returns a number if the id is even: FinCalc's examples have numbers and strings.
func backOfficeID(client clientbook.Client) any {
	if n, err := strconv.Atoi(client.BackOfficeID); err == nil && n%2 == 0 {
		return n
	}
	return client.BackOfficeID
}
