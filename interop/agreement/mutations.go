package agreement

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A mutation makes a request invalid.
type mutation struct {
	name   string
	change func(*draft)
}

var mutations = []mutation{
	{"drop", func(d *draft) {
		if n := len(d.fields); n > 0 {
			i := d.IntN(n)
			d.fields = slices.Delete(d.fields, i, i+1)
		}
	}},
	{"empty", func(d *draft) { d.one().value = "" }},
	{"duplicate", func(d *draft) { d.fields = append(d.fields, *d.one()) }},
	{"duplicate-other", func(d *draft) {
		f := *d.one()
		d.fields = append(d.fields, field{f.name, f.value + "x"})
	}},
	{"duplicate-first", func(d *draft) { d.fields = slices.Insert(d.fields, 0, field{d.one().name, "wrong"}) }},
	{"lengthen", func(d *draft) {
		f, to := d.one(), []int{300, 3_999, 4_000, 4_001, 5_000, 12_000}[d.IntN(6)]
		if more := to - len(f.value); more > 0 {
			f.value += strings.Repeat(d.pick("a", "0", "é"), more)
		}
	}},
	{"mistype", func(d *draft) {
		d.one().value = d.pick("0", "-1", "1e9", "true", "null", `{"a":1}`, `["a","b"]`, "a,b", "undefined", "2026-11-22T00:00:00Z")
	}},
	{"rename", func(d *draft) {
		f := d.one()
		f.name = d.pick(strings.ToUpper(f.name), f.name+"[]", " "+f.name, f.name+" ", strings.ReplaceAll(f.name, "_", "-"), f.name+"\x00", "")
	}},
	{"pad", func(d *draft) {
		f := d.one()
		f.value = d.pick(" "+f.value, f.value+" ", f.value+"\n", "\t"+f.value, f.value+"\x00", "\ufeff"+f.value)
	}},
	{"other-case", func(d *draft) {
		f := d.one()
		f.value = strings.ToUpper(f.value)
	}},
	{"grant", func(d *draft) {
		for i := range d.fields {
			if d.fields[i].name == "grant_type" {
				d.fields[i].value = d.pick("client_credentials", "password", "refresh_token", "authorization_code", "implicit",
					"urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange",
					"urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:openid:params:grant-type:ciba", "client_credentials,password")
			}
		}
	}},
	{"wrong", func(d *draft) { d.one().value = d.pick("wrong", "ünknown", "💥", "' OR 1=1 --", "${x}", "../../x") }},
	{"shuffle", func(d *draft) {
		d.Shuffle(len(d.fields), func(i, j int) { d.fields[i], d.fields[j] = d.fields[j], d.fields[i] })
	}},
	{"unknown", func(d *draft) {
		d.add(d.pick("x", "nonce", "Grant_Type", "client_id2", "ß", "a.b", "a[b]"), d.pick("", "1", "x y"))
	}},
	{"unknown-twice", func(d *draft) {
		d.add("x", "1")
		d.add("x", d.pick("1", "2"))
	}},
	{"undocumented", func(d *draft) {
		name := d.pick("scope", "audience", "resource", "redirect_uri", "code", "username", "client_assertion", "totp")
		d.add(name, d.pick("", "openid", "x", "openid x", "offline_access", "http://127.0.0.1/"))
	}},
	{"no-equals", func(d *draft) {
		f := d.one()
		d.written[slices.Index(d.fields, *f)] = escape(f.name)
	}},
	{"two-equals", func(d *draft) {
		f := d.one()
		d.written[slices.Index(d.fields, *f)] = escape(f.name) + "==" + escape(f.value)
	}},
	{"encode-all", func(d *draft) {
		f := d.one()
		if !strings.Contains(f.value, refreshToken) {
			d.written[slices.Index(d.fields, *f)] = everyByte(f.name, d.pick("%%%02X", "%%%02x")) + "=" + everyByte(f.value, "%%%02X")
		}
	}},
	{"encode-twice", func(d *draft) {
		f := d.one()
		if !strings.Contains(f.value, refreshToken) {
			d.written[slices.Index(d.fields, *f)] = escape(f.name) + "=" + escape(everyByte(f.value, "%%%02X"))
		}
	}},
	{"encode-badly", func(d *draft) {
		f := d.one()
		d.written[slices.Index(d.fields, *f)] = escape(f.name) + "=" + d.pick("%", "%4", "%zz", "%u0041", "%ff%fe", "%c3%28", "%00", "+", "%2B", "é")
	}},
	{"separators", func(d *draft) {
		switch d.IntN(6) {
		case 0:
			d.join = "&&"
		case 1:
			d.join = ";"
		case 2:
			d.join = "\r\n"
		case 3:
			d.start = d.pick("&", "?", "\n", " ", "\ufeff")
		case 4:
			d.end = d.pick("&", "\r\n", "&=", "&=x", "\x00")
		case 5:
			d.join = "&amp;"
		}
	}},
	{"content-type", func(d *draft) {
		d.header["Content-Type"] = d.pick("text/plain", "application/json", "application/xml", "*/*", "application/", "/", "nonsense",
			strings.ToUpper(d.contentType), d.contentType+",application/json", " "+d.contentType, "multipart/form-data", "multipart/form-data; boundary=b",
			"multipart/mixed; boundary=b", "application/x-www-form-urlencoded-x", "text/html; charset=UTF-8", "application/octet-stream")
	}},
	{"no-content-type", func(d *draft) { delete(d.header, "Content-Type") }},
	{"charset", func(d *draft) {
		d.header["Content-Type"] = d.contentType + d.pick("; charset=UTF-8", ";charset=utf-8", "; charset=ISO-8859-1", "; charset=US-ASCII", "; charset=utf8",
			"; charset=\"UTF-8\"", "; charset=nonsense", "; charset=", "; charset", ";", "; x=y", "; CHARSET=UTF-16")
	}},
	{"json", func(d *draft) {
		members := map[string]string{}
		for _, f := range d.fields {
			members[f.name] = f.value
		}
		data, err := json.Marshal(members)
		if err != nil {
			panic(err) // texts are always JSON
		}
		d.body = string(data)
		d.header["Content-Type"] = d.pick("application/json", "application/json; charset=utf-8", d.contentType)
	}},
	{"multipart", func(d *draft) {
		for _, f := range d.fields {
			d.body += fmt.Sprintf("--b\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", f.name, f.value)
		}
		d.body += "--b--\r\n"
		d.header["Content-Type"] = d.pick("multipart/form-data; boundary=b", `multipart/form-data; boundary="b"`, "multipart/form-data; boundary=c")
	}},
	{"method", func(d *draft) { d.method = d.pick("GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TOKEN") }},
	{"query", func(d *draft) {
		d.query = d.encoded()
		if d.IntN(2) == 0 {
			d.fields = nil
		}
	}},
	{"query-unknown", func(d *draft) { d.query = d.pick("x=1", "grant_type=password", "?", "%zz", "a&b", "client_id=x") }},
	{"authorization", func(d *draft) {
		d.header["Authorization"] = d.pick("Basic", "Basic ", "Bearer x", "Negotiate x", "Digest username=\"x\"", "basic eDp5", "Basic eDp5, Bearer x",
			"Basic "+base64.StdEncoding.EncodeToString([]byte("sti-client:s3cr3t-sti")),
			"Basic "+base64.URLEncoding.EncodeToString([]byte("demobank-cli:")),
			"Basic "+base64.RawStdEncoding.EncodeToString([]byte("ofin_test_abc:s3cr3t-ofin-test")))
		if d.IntN(2) == 0 {
			d.fields = slices.DeleteFunc(d.fields, func(f field) bool { return f.name == "client_id" || f.name == "client_secret" })
		}
	}},
	{"accept", func(d *draft) {
		d.header["Accept"] = d.pick("text/html", "application/xml", "nonsense", "*/*;q=0", "", "application/json;q=0.1, text/plain", "image/png")
	}},
	{"language", func(d *draft) { d.header["Accept-Language"] = d.pick("de", "xx-YY", "*", "nonsense,;q=2") }},
	{"realm", func(d *draft) {
		d.realm = d.pick("master2", d.realm+"2", strings.ToUpper(d.realm), d.realm+"%20", "%00", "a%2Fb", d.realm+"/", ".", d.realm+";x=y")
	}},
	{"origin", func(d *draft) {
		d.header["Origin"] = d.pick("https://app.example.test", "null", "", "${origin}", "http://127.0.0.1", "https://a.example https://b.example")
	}},
	{"dpop", func(d *draft) { d.header["DPoP"] = d.pick("x", "", "a.b.c", "x, y") }},
	{"path", func(d *draft) { d.path += d.pick("/", "//", "/x", "%20", ";x=y", "/.", ".json") }},
}

func everyByte(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}
