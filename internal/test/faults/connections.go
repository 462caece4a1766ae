package faults

import (
	"strings"
	"time"
)

// connections lists connections that fail at each stage, and answers that are not HTTP.
func connections() []Case {
	var cases []Case
	stages := []struct {
		name   string
		before Script
	}{
		{"after accept", nil},
		{"after the request's header", Script{readHead{}}},
		{"after the request", Script{read{}}},
		{"within the status line", Script{read{}, send("HTTP/1.1 20")}},
		{"after the status line", Script{read{}, send("HTTP/1.1 200 OK\r\n")}},
		{"within a header line", Script{read{}, send("HTTP/1.1 200 OK\r\nContent-Ty")}},
		{"after the header", Script{read{}, send(ok + "Content-Length: 100\r\n\r\n")}},
		{"within the body", Script{read{}, send(ok + "Content-Length: 100\r\n\r\n" + half)}},
	}
	for _, s := range stages {
		play := func(last ...Step) Script { return append(append(Script(nil), s.before...), last...) }
		cases = append(cases,
			Case{Name: "closed " + s.name, Script: play(), Want: broken},
			Case{Name: "reset " + s.name, Script: play(reset{}), Want: broken},
			Case{Name: "silent " + s.name, Script: play(hang{}), Hangs: true, Want: broken},
		)
	}
	line := func(text string) Script { return Script{read{}, send(text)} }
	return append(cases,
		Case{Name: "garbage", Script: line("\x16\x03\x01\x00\xff\xfe garbage <<secret>>\r\n\r\n"), Want: broken},
		Case{Name: "no status line", Script: line("Content-Type: application/json\r\n\r\n{}"), Want: broken},
		Case{Name: "HTTP/0.9", Script: line(`{"access_token":"<<token>>","expires_in":900}`), Want: broken},
		Case{Name: "HTTP/1.0", Script: line("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}"), Want: malformed(200)},
		Case{Name: "HTTP/3.7", Script: line("HTTP/3.7 200 OK\r\nContent-Length: 2\r\n\r\n{}"), Want: malformed(200)},
		Case{Name: "HTTP/x", Script: line("HTTP/x 200 OK\r\nContent-Length: 2\r\n\r\n{}"), Want: broken},
		Case{Name: "ICY 200", Script: line("ICY 200 OK\r\nContent-Length: 2\r\n\r\n{}"), Want: broken},
		Case{Name: "an SMTP greeting", Script: Script{send("220 mail.example.test ESMTP\r\n"), hang{}}, Want: broken},
		Case{Name: "an SSH greeting", Script: Script{send("SSH-2.0-OpenSSH_9.9\r\n"), hang{}}, Want: broken},
		Case{Name: "a status without a reason", Script: line("HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n"), Want: unavailable(503)},
		Case{Name: "a token as status line", Script: line("access_token=<<token>>&token_type=bearer&expires_in=900\r\n\r\n"), Want: broken},
		Case{Name: "a token as status", Script: line("HTTP/1.1 <<token>>\r\n\r\n"), Want: broken},
		Case{Name: "a status of letters", Script: line("HTTP/1.1 abc <<secret>>\r\nContent-Length: 0\r\n\r\n"), Want: broken},
		Case{Name: "the secret as status line", Script: line("<<secret>>\r\n\r\n"), Want: broken},
		Case{Name: "the secret as reason", Script: line("HTTP/1.1 500 <<secret>>\r\nContent-Length: 0\r\n\r\n"), Want: unavailable(500)},
		Case{Name: "the secret as HTTP version", Script: line("HTTP/<<secret:url>> 500 Oops\r\n\r\n"), Want: broken},
		Case{Name: "a status line without end", Script: Script{read{}, send("HTTP/1.1 200 "), flood{"OK ", 64 << 20}}, Want: broken},
		Case{Name: "blank lines without end", Script: Script{read{}, flood{"\r\n", 64 << 20}}, Want: broken},
		Case{Name: "an answer before the request", Script: Script{send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), hang{}}, Want: anything},
		Case{Name: "a slow header", Script: Script{read{}, trickle{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1000), 10 * time.Millisecond}}, Hangs: true, Want: broken},
		Case{Name: "two answers", Script: Script{read{}, good, good}, Want: token},
		Case{Name: "an answer with another behind it", Script: Script{read{}, good, send("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")}, Want: token},
		Case{Name: "the connection is kept and then closed at the next request", Warm: Script{read{}, good, readHead{}}, Script: Script{read{}, good}, Want: token},
		Case{Name: "the second answer comes before its request", Warm: Script{read{}, good, good, hang{}}, Script: Script{read{}, good}, Want: token},
	)
}

// headers lists headers that are malformed, too many or too long.
var headers = []Case{
	{Name: "a header line without a colon", Script: Script{read{}, send("HTTP/1.1 200 OK\r\nno colon <<secret>>\r\n\r\n{}")}, Want: broken},
	{Name: "a header line without a name", Script: Script{read{}, send("HTTP/1.1 200 OK\r\n: <<secret>>\r\n\r\n{}")}, Want: broken},
	{Name: "no blank line before the body", Script: Script{read{}, send("HTTP/1.1 200 OK\r\n{\"access_token\":\"<<token>>\",\"expires_in\":900}\r\n\r\n")}, Want: broken},
	{Name: "a header line with a token and no colon", Script: Script{read{}, send("HTTP/1.1 200 OK\r\naccess_token=<<token>>\r\n\r\n")}, Want: broken},
	{Name: "a length of a token", Script: Script{read{}, send("HTTP/1.1 200 OK\r\nContent-Length: <<token>>\r\n\r\n")}, Want: broken},
	{Name: "a transfer encoding of a token", Script: Script{read{}, send("HTTP/1.1 200 OK\r\nTransfer-Encoding: <<token>>\r\n\r\n")}, Want: broken},
	{Name: "a trailer of a token", Script: Script{read{}, send(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n<<token>>\r\n\r\n")}, Want: anything},
	{Name: "a header name with the secret", Script: Script{read{}, send("HTTP/1.1 200 OK\r\n<<secret>>: x\r\n\r\n{}")}, Want: anything},
	{Name: "a folded header line", Script: Script{read{}, answer{status: 200, header: []string{"X-Long: a\r\n b"}, body: goodBody}}, Want: token},
	{Name: "header lines that end in LF", Script: Script{read{}, send("HTTP/1.1 503 Oops\nContent-Length: 0\n\n")}, Want: unavailable(503)},
	{Name: "a NUL in a header", Script: Script{read{}, send("HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 2\r\n\r\n{}")}, Want: anything},
	{Name: "a flood of header lines", Script: Script{read{}, send("HTTP/1.1 200 OK\r\n"), flood{"X-Flood: 0123456789abcdef\r\n", 1 << 20}, send("Content-Length: 2\r\n\r\n{}")}, Want: broken},
	{Name: "one header line of 1 MiB", Script: Script{read{}, send("HTTP/1.1 200 OK\r\nX-Flood: "), flood{"x", 1 << 20}, send("\r\nContent-Length: 2\r\n\r\n{}")}, Want: broken},
	{Name: "headers without end", Script: Script{read{}, send("HTTP/1.1 200 OK\r\n"), flood{"X-Flood: 0123456789abcdef\r\n", 64 << 20}}, Want: broken},
	{Name: "a header line without end", Script: Script{read{}, send("HTTP/1.1 200 OK\r\nX-Flood: "), flood{"x", 64 << 20}}, Want: broken},
	{Name: "trailers without end", Script: Script{read{}, send(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"), flood{"X-Flood: 0123456789abcdef\r\n", 64 << 20}}, Want: anything},
	{Name: "cookies", Script: Script{read{}, answer{status: 200, body: goodBody, header: []string{"Set-Cookie: session=<<secret:url>>; Path=/", "Set-Cookie: b=<<token>>"}}}, Want: token},
	{Name: "no date and no cache headers", Script: Script{read{}, answer{status: 200, body: goodBody}}, Want: token},
}
