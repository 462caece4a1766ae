package sandbox

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// maxFormMembers is where Keycloak stops reading.
const maxFormMembers = 1000

// maxFormValue is how many bytes a name or a value may have as it is sent.
const maxFormValue = 128 << 10

var (
	errForm      = errors.New("the form cannot be read")
	errFormValue = errors.New("a value of the form is too long")
)

// formUnreadable is Keycloak's answer to a form that it cannot read.
func formUnreadable() answer {
	return oauthError(http.StatusInternalServerError, "unknown_error", "For more on this error consult the server log.")
}

// noMedia is Keycloak's answer to a Content-Type that names no media type.
func noMedia() answer {
	return jsonAnswer(http.StatusInternalServerError, object{{"details", "Error id " + uuid.New() + "-1"}, {"stack", ""}}).
		with("Content-Type", "application/json; charset=utf-8")
}

// formTooLarge is Keycloak's answer to a form with a value beyond [maxFormValue].
func formTooLarge() answer {
	return prose(http.StatusRequestEntityTooLarge, "HTTP 413 Request Entity Too Large")
}

// readForm reads a form as Keycloak does: from the body and never from the query string, and only where the media type
// is written in lower case; one that only begins like it does too. Another media type gives an empty form. A media type
// that is none gives ok false.
func (c *call) readForm() (form url.Values, ok bool, err error) {
	header := c.request.Header.Get("Content-Type")
	switch name := c.mediaType(); {
	case strings.HasPrefix(name, formType):
		if _, parameters, _ := strings.Cut(header, ";"); strings.HasSuffix(strings.TrimSpace(parameters), "charset=") {
			return nil, true, errForm
		}
		form, err = parseForm(string(c.body))
	case name == "multipart/form-data":
		if _, params, _ := mime.ParseMediaType(header); params["boundary"] != "" {
			form, err = parseMultipart(c.body, params["boundary"])
		}
	case name != "" && !strings.Contains(name, "/"):
		return nil, false, nil
	}
	return form, true, err
}

// mediaType is the Content-Type without its parameters.
func (c *call) mediaType() string {
	name, _, _ := strings.Cut(c.request.Header.Get("Content-Type"), ";")
	return strings.TrimSpace(name)
}

const formType = "application/x-www-form-urlencoded"

// parseForm differs from url.ParseQuery in that a semicolon is a character like any other, and that one pair which
// cannot be decoded spoils all.
func parseForm(body string) (url.Values, error) {
	form := url.Values{}
	if body == "" {
		return form, nil
	}
	pairs := strings.Split(body, "&")
	if len(pairs) > maxFormMembers {
		return nil, errForm
	}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if len(name) > maxFormValue || len(value) > maxFormValue {
			return nil, errFormValue
		}
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return nil, errForm
		}
		// A value is kept without the body that it stood in. The empty name of "&&" counts where names must not come twice.
		form.Add(strings.Clone(name), strings.Clone(value))
	}
	return form, nil
}

func parseMultipart(body []byte, boundary string) (url.Values, error) {
	if !bytes.Contains(body, []byte("--"+boundary)) {
		return nil, errForm
	}
	form := url.Values{}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for range maxFormMembers {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return nil, errForm
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, errForm
		}
		if len(value) > maxFormValue {
			return nil, errFormValue
		}
		form.Add(part.FormName(), string(value))
	}
	return nil, errForm
}
