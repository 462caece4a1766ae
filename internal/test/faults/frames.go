package faults

import (
	"encoding/binary"
	"io"
	"strings"
	"time"
)

// Types and flags of HTTP/2 frames (RFC 9113 section 6).
const (
	dataFrame, headersFrame, resetFrame, settingsFrame, goAwayFrame, continuationFrame = 0x0, 0x1, 0x3, 0x4, 0x7, 0x9

	endStream, endHeaders = 0x1, 0x4
)

// frame returns one HTTP/2 frame. SETTINGS and GOAWAY are for stream 0, all others for the first
// request's stream.
func frame(typ, flags byte, payload string) send {
	stream := uint32(1)
	if typ == settingsFrame || typ == goAwayFrame {
		stream = 0
	}
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), typ, flags}
	return send(string(binary.BigEndian.AppendUint32(b, stream)) + payload)
}

// readFrames reads one request from the connection, and before the first one the client's preface.
type readFrames struct{}

func (readFrames) play(x *exchange) error {
	if !x.preface {
		if _, err := io.CopyN(io.Discard, x.reader, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
			return err
		}
		x.preface = true
	}
	var body []byte
	for {
		header := make([]byte, 9)
		if _, err := io.ReadFull(x.reader, header); err != nil {
			return err
		}
		payload := make([]byte, int(header[0])<<16|int(header[1])<<8|int(header[2]))
		if _, err := io.ReadFull(x.reader, payload); err != nil {
			return err
		}
		if header[3] == dataFrame {
			body = append(body, payload...)
		}
		if (header[3] == dataFrame || header[3] == headersFrame) && header[4]&endStream != 0 {
			x.enter(&Request{Body: body})
			return nil
		}
	}
}

// unasked is how long the server waits for a request on a new connection.
const unasked = 2 * time.Second

// listen reads what the client sends, answers nothing, and ends with the connection.
type listen struct{}

func (listen) play(x *exchange) error {
	if x.request == nil {
		// If a request ends while net/http dials for it, and the server has sent GOAWAY, net/http
		// keeps the connection until the server closes it.
		_ = x.conn.SetDeadline(time.Now().Add(unasked))
	}
	for {
		if err := (readFrames{}).play(x); err != nil {
			return err
		}
		_ = x.conn.SetDeadline(time.Now().Add(patience)) // there is a request now
	}
}

// frames lists failures of HTTP/2.
func frames() []Case {
	const status200, status503 = "\x88", "\x08\x03503" // HPACK: the static table's entry; its name with a value
	settings := frame(settingsFrame, 0, "")
	noStreams := frame(settingsFrame, 0, "\x00\x03\x00\x00\x00\x00")    // SETTINGS_MAX_CONCURRENT_STREAMS
	goAway := frame(goAwayFrame, 0, "\x00\x00\x00\x00\x00\x00\x00\x00") // NO_ERROR, and no stream was processed
	flat := `{"success":true,"access_token":"` + AccessToken + `","expires_in":900,"data":{"access_token":"` + AccessToken + `","expires_in":900}}`
	bare := func(name string, want Want, script ...Step) Case {
		return Case{Name: "HTTP/2 " + name, HTTP2: true, TLS: &Handshake{Protocol: []string{"h2"}}, Script: script, Want: want}
	}
	http2 := func(name string, want Want, script ...Step) Case {
		return bare(name, want, append(Script{settings}, script...)...)
	}
	silent := func(c Case) Case {
		c.Hangs = true
		return c
	}
	return []Case{
		http2("200", token, readFrames{}, frame(headersFrame, endHeaders, status200), frame(dataFrame, endStream, flat), listen{}),
		http2("503", unavailable(503), readFrames{}, frame(headersFrame, endHeaders|endStream, status503), listen{}),
		http2("200 without a body", page(200), readFrames{}, frame(headersFrame, endHeaders|endStream, status200), listen{}),
		silent(http2("silence", broken, readFrames{}, listen{})),
		http2("cut", broken, readFrames{}),
		http2("cut after the header", broken, readFrames{}, frame(headersFrame, endHeaders, status200)),
		http2("cut within the body", broken, readFrames{}, frame(headersFrame, endHeaders, status200), frame(dataFrame, 0, flat[:20])),
		http2("RST_STREAM in place of an answer", broken, readFrames{}, frame(resetFrame, 0, "\x00\x00\x00\x02"), listen{}),
		http2("RST_STREAM within the body", broken, readFrames{}, frame(headersFrame, endHeaders, status200), frame(dataFrame, 0, flat[:20]), frame(resetFrame, 0, "\x00\x00\x00\x02"), listen{}),
		http2("REFUSED_STREAM", broken, readFrames{}, frame(resetFrame, 0, "\x00\x00\x00\x07"), listen{}),
		http2("REFUSED_STREAM and a cut", broken, readFrames{}, frame(resetFrame, 0, "\x00\x00\x00\x07")),
		http2("RST_STREAM with PROTOCOL_ERROR", broken, readFrames{}, frame(resetFrame, 0, "\x00\x00\x00\x01"), listen{}),
		silent(http2("GOAWAY with an error", broken, readFrames{}, frame(goAwayFrame, 0, "\x00\x00\x00\x01\x00\x00\x00\x02"+"no stream for "+AccessToken), listen{})),
		http2("GOAWAY without the request", broken, readFrames{}, goAway, listen{}),
		http2("GOAWAY without the request and a cut", broken, readFrames{}, goAway),
		http2("GOAWAY before the request", broken, goAway, listen{}),
		http2("GOAWAY before the request and a cut", broken, goAway),
		bare("GOAWAY as the first frame", broken, goAway, listen{}),
		bare("GOAWAY as the first frame and a cut", broken, goAway),
		silent(bare("no streams", broken, noStreams, listen{})),
		bare("no streams and a cut", broken, noStreams),
		bare("no streams after the request", broken, settings, readFrames{}, noStreams, frame(resetFrame, 0, "\x00\x00\x00\x07"), listen{}),
		bare("cut before SETTINGS", broken),
		http2("cut after SETTINGS", broken),
		http2("broken HPACK", broken, readFrames{}, frame(headersFrame, endHeaders, "\xff\xff\xff\xff\xff\xff"), listen{}),
		http2("a header without a status", broken, readFrames{}, frame(headersFrame, endHeaders, "\x00\x01a\x01b"), listen{}),
		http2("a frame that is too large", broken, readFrames{}, send("\xff\xff\xff\x00\x00\x00\x00\x00\x01"), listen{}),
		http2("CONTINUATION without end", broken, readFrames{}, frame(headersFrame, 0, status200),
			flood{string(frame(continuationFrame, 0, "\x00\x07x-flood\x7f\x01"+strings.Repeat("x", 128))), 64 << 20}, listen{}),
		http2("garbage", broken, send("garbage that is no frame at all, and long enough to be read as one"), listen{}),
		http2("HTTP/1.1 after all", broken, send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), listen{}),
	}
}
