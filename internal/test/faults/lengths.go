package faults

import (
	"bytes"
	"compress/gzip"
	"strings"
	"time"
)

const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"

const half = `{"access_token":"<<token>>","token_type":"Bear`

// lengths lists bodies that are cut, endless, slow, compressed or of another length than announced.
func lengths() []Case {
	chunked := ok + "Transfer-Encoding: chunked\r\n\r\n"
	gzipped := func(status string, body []byte) verbatim {
		return verbatim("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + string(body))
	}
	return []Case{
		{Name: "Content-Length too long", Script: Script{read{}, send(ok + "Content-Length: 5000\r\n\r\n" + half)}, Want: broken},
		{Name: "Content-Length too long and silence", Script: Script{read{}, send(ok + "Content-Length: 5000\r\n\r\n" + half), hang{}}, Hangs: true, Want: broken},
		{Name: "Content-Length too short", Script: Script{read{}, send(ok + "Content-Length: 20\r\n\r\n" + half + `"}`)}, Want: malformed(200)},
		{Name: "Content-Length negative", Script: Script{read{}, send(ok + "Content-Length: -5\r\n\r\n{}")}, Want: broken},
		{Name: "Content-Length zzz", Script: Script{read{}, send(ok + "Content-Length: zzz\r\n\r\n{}")}, Want: broken},
		{Name: "Content-Length huge", Script: Script{read{}, send(ok + "Content-Length: 9223372036854775807\r\n\r\n{"), flood{"          ", 64 << 20}}, Want: malformed(200)},
		{Name: "Content-Length beyond an int64", Script: Script{read{}, send(ok + "Content-Length: 99999999999999999999\r\n\r\n{}")}, Want: broken},
		{Name: "two different Content-Lengths", Script: Script{read{}, send(ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}")}, Want: broken},
		{Name: "no length and a cut", Script: Script{read{}, send(ok + "\r\n" + half)}, Want: malformed(200)},
		{Name: "a body without end", Script: Script{read{}, send(ok + "\r\n"), flood{`{"access_token":"<<token>>"`, 64 << 20}}, Want: malformed(200)},
		{Name: "a failure without end", Script: Script{read{}, send("HTTP/1.1 500 Oops\r\n\r\n"), flood{`<p>oops</p>`, 64 << 20}}, Want: unavailable(500)},
		{Name: "white space without end", Script: Script{read{}, send(ok + "\r\n"), flood{" ", 64 << 20}}, Want: malformed(200)},
		{Name: "a trickled token", Script: Script{read{}, trickle{ok + "\r\n{\"success\":true,\"access_token\":\"<<token>>\",\"expires_in\":900,\"data\":{\"access_token\":\"<<token>>\",\"expires_in\":900}}", time.Millisecond / 2}}, Want: token},
		{Name: "a body that trickles without end", Script: Script{read{}, send(ok + "\r\n"), trickle{strings.Repeat(" ", 1000), 10 * time.Millisecond}, hang{}}, Hangs: true, Want: broken},
		{Name: "a failure that trickles without end", Script: Script{read{}, send("HTTP/1.1 503 Oops\r\n\r\n"), trickle{strings.Repeat("x", 1000), 10 * time.Millisecond}, hang{}}, Hangs: true, Want: broken},
		{Name: "a body that stops half way", Script: Script{read{}, send(ok + "\r\n" + half), hang{}}, Hangs: true, Want: broken},
		{Name: "chunks", Script: Script{read{}, send(chunked + "5\r\n{\"a\":\r\n3;x=y\r\n\"b\"\r\n1\r\n}\r\n0\r\nX-Trailer: <<secret:url>>\r\n\r\n")}, Want: malformed(200)},
		{Name: "chunks of garbage", Script: Script{read{}, send(chunked + "zz\r\n<<secret>>\r\n")}, Want: broken},
		{Name: "a chunk of a huge size", Script: Script{read{}, send(chunked + "7fffffffffffffff\r\n{")}, Want: broken},
		{Name: "a chunk size without end", Script: Script{read{}, send(chunked), flood{"1", 64 << 20}}, Want: broken},
		{Name: "a chunk extension without end", Script: Script{read{}, send(chunked + "5;"), flood{"x=y;", 64 << 20}}, Want: broken},
		{Name: "chunks cut", Script: Script{read{}, send(chunked + "50\r\n" + half)}, Want: broken},
		{Name: "chunks without an end", Script: Script{read{}, send(chunked), flood{"20\r\n" + strings.Repeat(" ", 32) + "\r\n", 64 << 20}}, Want: malformed(200)},
		{Name: "chunked and a length", Script: Script{read{}, send(ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")}, Want: malformed(200)},
		{Name: "Transfer-Encoding gzip", Script: Script{read{}, send(ok + "Transfer-Encoding: gzip\r\n\r\n{}")}, Want: broken},
		{Name: "gzip that is none", Script: Script{read{}, send(ok + "Content-Encoding: gzip\r\n\r\n{\"access_token\":\"<<token>>\",\"expires_in\":900}")}, Want: broken},
		{Name: "gzip cut", Script: Script{read{}, gzipped("200 OK", packed(strings.Repeat("{} ", 1000))[:30])}, Want: broken},
		{Name: "a gzip bomb", Script: Script{read{}, gzipped("200 OK", bomb(" "))}, Want: malformed(200)},
		{Name: "a gzip bomb in a failure", Script: Script{read{}, gzipped("500 Oops", bomb("x"))}, Want: unavailable(500)},
		{Name: "brotli that nobody asked for", Script: Script{read{}, send(ok + "Content-Encoding: br\r\n\r\n\x0b\x02\x80{}\x03")}, Want: malformed(200)},
		{Name: "a length on 204", Script: Script{read{}, send("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello")}, Want: page(204)},
	}
}

// bomb returns 64 MiB of one character, compressed a thousandfold: gzip allows the same MiB over
// and over.
func bomb(character string) []byte { return bytes.Repeat(packed(strings.Repeat(character, 1<<20)), 64) }

// packed returns text compressed with gzip.
func packed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}
