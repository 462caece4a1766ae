package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// preferred reads the header Prefer, RFC 7240: "code=503" asks for a status, "fault=NAME" for one
// of [Scenarios], and "delay=2s" for a wait, alone or with either. Other preferences are ignored,
// as the RFC wants it.
func (c *call) preferred() *script {
	var f Fault
	var applied []string
	for _, line := range c.request.Header.Values("Prefer") {
		for _, preference := range strings.Split(line, ",") {
			preference, _, _ = strings.Cut(preference, ";")
			name, value, _ := strings.Cut(strings.TrimSpace(preference), "=")
			name, value = strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`)
			switch name {
			case "code":
				if code, err := strconv.Atoi(value); err == nil && code >= 400 && code <= 599 {
					f.Status, f.Name = code, ""
					applied = append(applied, name+"="+value)
				}
			case "fault":
				if sc := scenarios[value]; sc != nil && !sc.spares(c) {
					f.Name, f.Status = value, 0
					applied = append(applied, name+"="+value)
				}
			case "delay":
				if d, err := time.ParseDuration(value); err == nil && d > 0 {
					f.Delay = d
					applied = append(applied, name+"="+value)
				}
			}
		}
	}
	if len(applied) == 0 {
		return nil
	}
	p := scriptOf(f)
	p.applied = http.Header{"Preference-Applied": {strings.Join(applied, ", ")}}
	return p
}
