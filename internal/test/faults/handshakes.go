package faults

import "crypto/tls"

// handshakes lists failures before the first byte of HTTP.
func handshakes() []Case {
	secure := func(name string, h Handshake, want Want) Case {
		return Case{Name: "TLS " + name, TLS: &h, Script: Script{read{}, good}, Want: want}
	}
	before := func(name string, hangs bool, script ...Step) Case {
		return Case{Name: "TLS " + name, TLS: &Handshake{Instead: script}, Hangs: hangs, Want: broken}
	}
	return []Case{
		secure("as it should be", Handshake{}, token),
		secure("1.2", Handshake{Versions: [2]uint16{tls.VersionTLS12, tls.VersionTLS12}}, token),
		secure("1.0", Handshake{Versions: [2]uint16{tls.VersionTLS10, tls.VersionTLS10}}, broken),
		secure("with an expired certificate", Handshake{Expired: true}, broken),
		secure("with a certificate of tomorrow", Handshake{Early: true}, broken),
		secure("with a certificate of another host", Handshake{Name: "other.example.test"}, broken),
		secure("with a certificate of an unknown authority", Handshake{Unknown: true}, broken),
		secure("that asks for a client certificate", Handshake{Client: true}, broken),
		{Name: "TLS with another protocol", HTTP2: true, TLS: &Handshake{Protocol: []string{"smtp"}}, Script: Good(), Want: broken},
		before("close after accept", false),
		before("reset after accept", false, reset{}),
		before("silence after accept", true, hang{}),
		before("close after ClientHello", false, hello{}, send("")),
		before("reset after ClientHello", false, hello{}, reset{}),
		before("silence after ClientHello", true, hello{}, hang{}),
		before("garbage", false, hello{}, send("garbage garbage garbage garbage garbage"), hang{}),
		before("half a record", false, hello{}, send("\x16\x03\x03\x40\x00\x02")),
		before("a fatal alert", false, hello{}, send("\x15\x03\x03\x00\x02\x02\x28"), hang{}),
		before("a warning alert without end", false, hello{}, flood{"\x15\x03\x03\x00\x02\x01\x5a", 1 << 20}),
		before("plain HTTP on its port", false, hello{}, send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), hang{}),
		before("a record without end", false, hello{}, flood{"\x16\x03\x03\x40\x00", 4 << 20}),
		{Name: "TLS and a cut without close_notify", TLS: &Handshake{}, Script: Script{read{}, send(ok + "\r\n" + half), reset{}}, Want: broken},
		{Name: "TLS and garbage in place of a record", TLS: &Handshake{}, Script: Script{read{}, send(ok), bare("\x99\x99\x99\x99\x99\x99\x99\x99"), hang{}}, Want: broken},
		{Name: "TLS and a redirect to plain http", TLS: &Handshake{}, Script: Script{read{}, answer{status: 307, header: []string{"Location: <<elsewhere>>/token"}}}, Want: redirected(307)},
		{Name: "https to a port that speaks http", TLS: &Handshake{Instead: Script{bare("HTTP/1.1 200 OK\r\n\r\n{}"), hang{}}}, Want: broken},
	}
}

// bare writes text to the TCP connection, past TLS.
type bare string

func (b bare) play(x *exchange) error {
	_, err := x.tcp.Write([]byte(b))
	return err
}
