package call

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/openapi"
)

// A Preference is what a request asks for in its header Prefer, RFC 7240.
type Preference struct {
	Code    int    // status of the answer
	Example string // name of the document's example that is answered
	Fault   string // name of one of [Scenarios]
	Delay   time.Duration
}

// Preferred reads "code=503", "example=NAME", "fault=NAME" and "delay=2s". Other preferences are
// ignored, as the RFC wants it. Of code and fault the last counts.
func Preferred(header http.Header, isFault func(string) bool) Preference {
	var p Preference
	for _, line := range header.Values("Prefer") {
		for _, one := range strings.Split(line, ",") {
			one, _, _ = strings.Cut(one, ";")
			name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
			name, value = strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`)
			switch name {
			case "code":
				if code, err := strconv.Atoi(value); err == nil && code >= 200 && code <= 599 {
					p.Code, p.Fault = code, ""
				}
			case "example":
				p.Example = value
			case "fault":
				if isFault(value) {
					p.Fault, p.Code = value, 0
				}
			case "delay":
				if d, err := time.ParseDuration(value); err == nil && d > 0 {
					p.Delay = d
				}
			}
		}
	}
	return p
}

// success is the documented success that the request asks for, if there is one.
func (p Preference) success(c *Call) (a answer.Answer, ok bool) {
	if p.Code >= 300 || p.Code == 0 && p.Example == "" {
		return answer.Answer{}, false
	}
	status, applied := p.Code, []string(nil)
	if status == 0 {
		text, _ := c.Op.Success()
		status, _ = strconv.Atoi(text)
	} else {
		applied = append(applied, "code="+strconv.Itoa(status))
	}
	if r, ok := c.Op.Responses[strconv.Itoa(status)]; ok && openapi.JSON(r.Content) == "" {
		return exampleOf(status, r).With("Preference-Applied", strings.Join(applied, ", ")), true
	}
	m := c.Op.Answer(status)
	value, known := m.Examples[p.Example]
	switch {
	case known:
		applied = append(applied, "example="+p.Example)
	case p.Code == 0 || m.Schema == nil:
		return answer.Answer{}, false
	default:
		value = m.Example()
	}
	return answer.Value(status, value).With("Preference-Applied", strings.Join(applied, ", ")), true
}
