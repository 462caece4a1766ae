package sandbox

import (
	"net/http"

	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
	"github.com/finsdk/finsdk-go/sandbox/internal/uuid"
)

// object is a JSON object whose members keep their order, and member is one of them.
type (
	object = jsondoc.Object
	member = jsondoc.Member
)

// answer is what an operation says, before a fault may change it. The body is members, or text
// where there are none.
type answer struct {
	status  int
	header  http.Header
	members object
	text    []byte
	bare    bool // it comes from before Keycloak, and lacks its headers
}

// jsonAnswer has members as its body.
func jsonAnswer(status int, members object) answer {
	return answer{status: status, members: members, header: http.Header{"Content-Type": {"application/json"}}}
}

// textAnswer has any body at all.
func textAnswer(status int, contentType, text string) answer {
	a := answer{status: status, text: []byte(text), header: http.Header{}}
	if contentType != "" {
		a.header.Set("Content-Type", contentType)
	}
	return a
}

// jsonText has any value as its body that was read from JSON.
func jsonText(status int, value any) answer {
	text, err := jsondoc.Encode(value)
	if err != nil {
		panic(err)
	}
	return textAnswer(status, "application/json", string(text))
}

// oauthError is an error response, RFC 6749 section 5.2. Members that are empty are left out.
func oauthError(status int, code, description string) answer {
	members := object{{"error", code}}
	if description != "" {
		members.Set("error_description", description)
	}
	return jsonAnswer(status, members)
}

// unstored forbids caches to keep the answer, RFC 6749 section 5.1.
func (a answer) unstored() answer {
	a.header.Set("Cache-Control", "no-store")
	a.header.Set("Pragma", "no-cache")
	return a
}

func (a answer) with(name, value string) answer {
	a.header.Set(name, value)
	return a
}

// prose is Keycloak's answer where the failure lies outside OAuth.
func prose(status int, text string) answer { return oauthError(status, text, "") }

// hardened adds the headers that Keycloak puts on every answer.
func (a answer) hardened() {
	a.header.Set("Referrer-Policy", "no-referrer")
	a.header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	a.header.Set("X-Content-Type-Options", "nosniff")
	a.header.Set("X-Frame-Options", "SAMEORIGIN")
	a.header.Set("X-Robots-Tag", "none")
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// body is the bytes that go out.
func (a answer) body() []byte {
	if a.members == nil {
		return a.text
	}
	data, err := a.members.MarshalJSON()
	if err != nil {
		// Every value put into an object can be encoded.
		panic(err)
	}
	return data
}

// rewrite makes text the body.
func (a *answer) rewrite(text string) { a.members, a.text = nil, []byte(text) }

// formUnreadable is Keycloak's answer to a form that it cannot read.
func formUnreadable() answer {
	return oauthError(http.StatusInternalServerError, "unknown_error", "For more on this error consult the server log.")
}

// noMedia is Keycloak's answer to a Content-Type that names no media type.
func noMedia() answer {
	return jsonAnswer(http.StatusInternalServerError, object{{"details", "Error id " + uuid.New() + "-1"}, {"stack", ""}}).
		with("Content-Type", "application/json; charset=utf-8")
}

// formTooLarge is Keycloak's answer to a form with a value that is too long.
func formTooLarge() answer {
	return prose(http.StatusRequestEntityTooLarge, "HTTP 413 Request Entity Too Large")
}
