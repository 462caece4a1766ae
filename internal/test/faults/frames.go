package faults

import (
	"encoding/binary"
	"io"
	"strings"
)

// Types and flags of HTTP/2 frames (RFC 9113 section 6).
const (
	dataFrame, headersFrame, resetFrame, settingsFrame, goAwayFrame, continuationFrame = 0x0, 0x1, 0x3, 0x4, 0x7, 0x9

	endStream, endHeaders = 0x1, 0x4
)

// frame is one HTTP/2 frame. Settings and GOAWAY are for stream 0, all others for the first request's.
func frame(typ, flags byte, payload string) send {
	stream := uint32(1)
	if typ == settingsFrame || typ == goAwayFrame {
		stream = 0
	}
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), typ, flags}
	return send(string(binary.BigEndian.AppendUint32(b, stream)) + payload)
}

// readFrames takes the client's preface and one request off the connection.
type readFrames struct{}

func (readFrames) play(x *exchange) error {
	if _, err := io.CopyN(io.Discard, x.reader, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return err
	}
	for {
		header := make([]byte, 9)
		if _, err := io.ReadFull(x.reader, header); err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, x.reader, int64(header[0])<<16|int64(header[1])<<8|int64(header[2])); err != nil {
			return err
		}
		if (header[3] == dataFrame || header[3] == headersFrame) && header[4]&endStream != 0 {
			return nil
		}
	}
}

// frames lists what may go wrong in HTTP/2.
func frames() []Case {
	const status200, status503 = "\x88", "\x08\x03503" // HPACK: the static table's entry; its name with a value
	settings := frame(settingsFrame, 0, "")
	flat := `{"success":true,"access_token":"` + AccessToken + `","expires_in":900,"data":{"access_token":"` + AccessToken + `","expires_in":900}}`
	http2 := func(name string, hangs bool, want Want, script ...Step) Case {
		return Case{Name: "HTTP/2 " + name, HTTP2: true, TLS: &Handshake{Protocol: []string{"h2"}}, Hangs: hangs, Script: append(Script{settings}, script...), Want: want}
	}
	return []Case{
		http2("200", false, token, readFrames{}, frame(headersFrame, endHeaders, status200), frame(dataFrame, endStream, flat), hang{}),
		http2("503", false, unavailable(503), readFrames{}, frame(headersFrame, endHeaders|endStream, status503), hang{}),
		http2("200 without a body", false, page(200), readFrames{}, frame(headersFrame, endHeaders|endStream, status200), hang{}),
		http2("silence", true, broken, readFrames{}, hang{}),
		http2("cut", false, broken, readFrames{}),
		http2("cut after the header", false, broken, readFrames{}, frame(headersFrame, endHeaders, status200)),
		http2("cut within the body", false, broken, readFrames{}, frame(headersFrame, endHeaders, status200), frame(dataFrame, 0, flat[:20])),
		http2("RST_STREAM in place of an answer", false, broken, readFrames{}, frame(resetFrame, 0, "\x00\x00\x00\x02"), hang{}),
		http2("RST_STREAM within the body", false, broken, readFrames{}, frame(headersFrame, endHeaders, status200), frame(dataFrame, 0, flat[:20]), frame(resetFrame, 0, "\x00\x00\x00\x02"), hang{}),
		http2("REFUSED_STREAM", true, broken, readFrames{}, frame(resetFrame, 0, "\x00\x00\x00\x07"), hang{}),
		http2("GOAWAY with an error", true, broken, readFrames{}, frame(goAwayFrame, 0, "\x00\x00\x00\x01\x00\x00\x00\x02"+"no stream for "+AccessToken), hang{}),
		http2("GOAWAY before the request", true, broken, readFrames{}, frame(goAwayFrame, 0, "\x00\x00\x00\x00\x00\x00\x00\x00"), hang{}),
		http2("broken HPACK", false, broken, readFrames{}, frame(headersFrame, endHeaders, "\xff\xff\xff\xff\xff\xff"), hang{}),
		http2("a header without a status", false, broken, readFrames{}, frame(headersFrame, endHeaders, "\x00\x01a\x01b"), hang{}),
		http2("a frame that is too large", false, broken, readFrames{}, send("\xff\xff\xff\x00\x00\x00\x00\x00\x01"), hang{}),
		http2("CONTINUATION without end", false, broken, readFrames{}, frame(headersFrame, 0, status200),
			flood{string(frame(continuationFrame, 0, "\x00\x07x-flood\x7f\x01"+strings.Repeat("x", 128))), 64 << 20}, hang{}),
		http2("garbage", false, broken, send("garbage that is no frame at all, and long enough to be read as one"), hang{}),
		http2("HTTP/1.1 after all", false, broken, send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), hang{}),
	}
}
