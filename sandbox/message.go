package sandbox

import (
	"fmt"
	"net/http"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/faults"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
)

// faultMessage is a fault as the admin API writes it.
type faultMessage struct {
	ID       string            `json:"id,omitempty"`
	Vendor   Vendor            `json:"vendor,omitempty"`
	Endpoint Endpoint          `json:"endpoint,omitempty"`
	Account  string            `json:"account,omitempty"`
	Name     string            `json:"name,omitempty"`
	Status   int               `json:"status,omitempty"`
	Header   map[string]string `json:"header,omitempty"`
	Body     string            `json:"body,omitempty"`
	Delay    string            `json:"delay,omitempty"`
	Times    int               `json:"times,omitempty"`
	Rate     float64           `json:"rate,omitempty"`
	Left     int               `json:"left,omitempty"`
}

func (m faultMessage) fault() (Fault, error) {
	f := Fault{Vendor: m.Vendor, Endpoint: m.Endpoint, Account: m.Account, Name: m.Name, Status: m.Status, Body: m.Body, Times: m.Times, Rate: m.Rate}
	if m.Delay != "" {
		d, err := time.ParseDuration(m.Delay)
		if err != nil {
			return Fault{}, fmt.Errorf("delay has to be a duration such as 500ms")
		}
		f.Delay = d
	}
	if m.Header != nil {
		f.Header = http.Header{}
		for name, value := range m.Header {
			f.Header.Set(name, value)
		}
	}
	return f, nil
}

func messageOf(f ActiveFault) faultMessage {
	m := faultMessage{ID: f.ID, Vendor: f.Vendor, Endpoint: f.Endpoint, Account: f.Account, Name: f.Name, Status: f.Status,
		Body: f.Body, Times: f.Times, Rate: f.Rate, Left: f.Left}
	if f.Delay > 0 {
		m.Delay = f.Delay.String()
	}
	for name := range f.Header {
		if m.Header == nil {
			m.Header = map[string]string{}
		}
		m.Header[name] = f.Header.Get(name)
	}
	return m
}

func (s *Server) faultList() []faultMessage {
	list := []faultMessage{}
	for _, f := range s.Faults() {
		list = append(list, messageOf(f))
	}
	return list
}

func scenarioList() []jsondoc.Object {
	list := []jsondoc.Object{}
	for _, sc := range Scenarios() {
		list = append(list, jsondoc.Object{{"name", sc.Name}, {"what", sc.What}, {"vendors", sc.Vendors}, {"accounts", sc.Accounts}, {"api", faults.IsAPI(sc.Name)}})
	}
	return list
}
