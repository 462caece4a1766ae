package faults

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Script is a list of steps that the server takes on one connection. Then it closes the connection.
type Script []Step

// Step is one action of the server.
type Step interface{ play(*exchange) error }

// read reads a whole request.
type read struct{}

func (read) play(x *exchange) error { return x.readRequest() }

// readHead reads the request's header and leaves its body.
type readHead struct{}

func (readHead) play(x *exchange) error {
	_, err := x.readHead()
	return err
}

// send writes a text at once.
type send string

func (s send) play(x *exchange) error { return x.write([]byte(x.say(string(s)))) }

// verbatim writes bytes without filling in words.
type verbatim string

func (v verbatim) play(x *exchange) error { return x.write([]byte(v)) }

// trickle writes a text byte by byte.
type trickle struct {
	text  string
	every time.Duration
}

func (t trickle) play(x *exchange) error {
	tick := time.NewTicker(t.every)
	defer tick.Stop()
	for _, b := range []byte(x.say(t.text)) {
		<-tick.C
		if err := x.write([]byte{b}); err != nil {
			return err
		}
	}
	return nil
}

// flood writes a text over and over until the client goes or limit bytes are out.
type flood struct {
	text  string
	limit int
}

func (f flood) play(x *exchange) error {
	text := []byte(x.say(f.text))
	chunk := []byte(strings.Repeat(string(text), max(1, 16<<10/len(text))))
	for n := 0; n < f.limit; n += len(chunk) {
		if err := x.write(chunk); err != nil {
			return err
		}
	}
	return nil
}

// hang sends nothing until the client closes the connection.
type hang struct{}

func (hang) play(x *exchange) error {
	_, err := io.Copy(io.Discard, x.reader)
	return err
}

// reset ends the connection with RST in place of FIN.
type reset struct{}

func (reset) play(x *exchange) error {
	_ = x.tcp.SetLinger(0)
	_ = x.tcp.Close()
	return errEnd
}

var errEnd = errors.New("the script ends here")

// answer is a well-formed HTTP answer with any body.
type answer struct {
	status int
	typ    string   // Content-Type; "" means application/json, "-" no such header
	header []string // further lines
	body   Body
	pad    int // lengthen the body with spaces to that many bytes
	keep   bool
}

func (a answer) play(x *exchange) error {
	body := x.say(a.body.text(x.server.plan.Shape))
	if n := a.pad - len(body); n > 0 {
		body += strings.Repeat(" ", n)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	switch a.typ {
	case "":
		b.WriteString("Content-Type: application/json\r\n")
	case "-":
	default:
		fmt.Fprintf(&b, "Content-Type: %s\r\n", a.typ)
	}
	for _, line := range a.header {
		b.WriteString(x.say(line) + "\r\n")
	}
	if !a.keep {
		b.WriteString("Connection: close\r\n")
	}
	if a.status >= 200 && a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	} else {
		body = ""
	}
	b.WriteString("\r\n")
	return x.write([]byte(b.String() + body))
}

// Shape is how a vendor writes a token.
type Shape int

// The shapes.
const (
	Flat     Shape = iota // RFC 6749, as Keycloak writes it
	Envelope              // FinCalc's {"success":true,"data":{…}}
)

// Body is the body of an answer. The zero Body is empty.
type Body struct {
	raw   string
	token bool // raw is the JSON object with the token, to be put in the vendor's shape

	before, after string // outside of the shape
}

// raw returns the same body for every vendor, tokenBody one that each vendor puts in its own shape.
func raw(text string) Body       { return Body{raw: text} }
func tokenBody(text string) Body { return Body{raw: text, token: true} }

func (b Body) text(shape Shape) string {
	text := b.raw
	if b.token && shape == Envelope {
		text = `{"success":true,"data":` + text + `}`
	}
	return b.before + text + b.after
}

// goodBody is a valid token.
var goodBody = tokenBody(`{"access_token":"<<token>>","refresh_token":"<<refresh>>","token_type":"Bearer","expires_in":900}`)

// good answers every request correctly, and leaves the connection open for the next.
var good = answer{status: 200, body: goodBody, keep: true}
