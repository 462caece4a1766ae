package faults

import (
	"fmt"
	"strings"
)

// lifetimes lists values of expires_in; "" leaves it out.
var lifetimes = []struct {
	name, value string
	want        Want
}{
	{"as a number", `900`, token},
	{"as a numeric string", `"900"`, token},
	{"with a fraction", `899.9`, token},
	{"as a string with a fraction", `"899.5"`, token},
	{"in scientific notation", `9e2`, token},
	{"one", `1`, token},
	{"in nanoseconds", `900000000000`, token},
	{"the largest int64", `9223372036854775807`, token},
	{"more than an int64", `92233720368547758080`, token},
	{"1e99", `1e99`, token},
	{"1e999", `1e999`, token},
	{"absent", ``, malformed(200)},
	{"null", `null`, malformed(200)},
	{"zero", `0`, expired(200)},
	{"negative", `-1`, expired(200)},
	{"a negative string", `"-1"`, expired(200)},
	{"a negative fraction", `-0.5`, expired(200)},
	{"-1e99", `-1e99`, expired(200)},
	{"the smallest int64", `-9223372036854775808`, expired(200)},
	{"a bool", `true`, malformed(200)},
	{"an object", `{"s":900}`, malformed(200)},
	{"an array", `[900]`, malformed(200)},
	{"zzz", `"zzz"`, malformed(200)},
	{"an empty string", `""`, malformed(200)},
	{"NaN", `NaN`, malformed(200)},
	{"a string NaN", `"NaN"`, malformed(200)},
	{"a string Inf", `"Inf"`, malformed(200)},
	{"a hexadecimal string", `"0x384"`, malformed(200)},
	{"with a sign", `"+900"`, token},
	{"with underscores", `"9_00"`, malformed(200)},
}

// types lists values of token_type.
var types = []struct {
	name, value string
	want        Want
}{
	{"bearer", `"bearer"`, token},
	{"BEARER", `"BEARER"`, token},
	{"absent", ``, token},
	{"MAC", `"MAC"`, malformed(200)},
	{"DPoP", `"DPoP"`, malformed(200)},
	{"Bearer and more", `"Bearer X"`, malformed(200)},
	{"a number", `7`, malformed(200)},
	{"N_A", `"N_A"`, malformed(200)},
}

// accessTokens lists values of access_token.
var accessTokens = []struct {
	name, value string
	want        Want
}{
	{"missing", ``, malformed(200)},
	{"empty", `""`, malformed(200)},
	{"null", `null`, malformed(200)},
	{"a number", `12345`, malformed(200)},
	{"an object", `{"t":"<<token>>"}`, malformed(200)},
	{"with a line break", `"<<token>>\r\nX-Evil: 1"`, malformed(200)},
	{"with a space", `"<<token>> and more"`, malformed(200)},
	{"with NUL", `"<<token>>\u0000"`, malformed(200)},
	{"with DEL", `"<<token>>\u007f"`, malformed(200)},
	{"with an accent", `"<<token>>é"`, malformed(200)},
	{"with invalid UTF-8", "\"<<token>>\xff\"", malformed(200)},
	{"of 100 KiB", `"<<token>>` + strings.Repeat("a", 100<<10) + `"`, token},
}

// bodies lists all malformed answers.
func bodies() []Case {
	ok := func(body Body) Script { return Script{read{}, answer{status: 200, body: body}} }
	var cases []Case
	member := func(name, value string) string {
		if value == "" {
			return ""
		}
		return fmt.Sprintf(`,%q:%s`, name, value)
	}
	for _, l := range lifetimes {
		cases = append(cases, Case{Name: "expires_in " + l.name, Want: l.want,
			Script: ok(tokenBody(`{"access_token":"<<token>>","token_type":"Bearer"` + member("expires_in", l.value) + `}`))})
	}
	for _, t := range types {
		cases = append(cases, Case{Name: "token_type " + t.name, Want: t.want,
			Script: ok(tokenBody(`{"access_token":"<<token>>","expires_in":900` + member("token_type", t.value) + `}`))})
	}
	for _, a := range accessTokens {
		cases = append(cases, Case{Name: "access_token " + a.name, Want: a.want,
			Script: ok(tokenBody(`{"token_type":"Bearer","expires_in":900` + member("access_token", a.value) + `}`))})
	}
	deep := strings.Repeat(`[`, 20000) + strings.Repeat(`]`, 20000)
	whole := `{"access_token":"<<token>>","token_type":"Bearer","expires_in":900}`
	for _, c := range []struct {
		name string
		body Body
		want Want
	}{
		{"expires_in absent from a JWT that has exp", tokenBody(`{"access_token":"<<jwt>>","token_type":"Bearer"}`), token},
		{"expires_in null on a JWT that has exp", tokenBody(`{"access_token":"<<jwt>>","token_type":"Bearer","expires_in":null}`), token},
		{"expires_in absent from a JWT that has ended", tokenBody(`{"access_token":"<<stale-jwt>>","token_type":"Bearer"}`), expired(200)},
		{"no body", raw(""), page(200)},
		{"white space", raw(" \r\n\t "), page(200)},
		{"null", raw("null"), malformed(200)},
		{"true", raw("true"), malformed(200)},
		{"a number", raw("42"), malformed(200)},
		{"a string", raw(`"<<token>>"`), malformed(200)},
		{"an array", raw(`[` + whole + `]`), malformed(200)},
		{"an empty object", raw("{}"), malformed(200)},
		{"an empty token", tokenBody("{}"), malformed(200)},
		{"a byte order mark", Body{raw: whole, token: true, before: "\ufeff"}, token},
		{"invalid UTF-8 in a member that nobody reads", tokenBody("{\"access_token\":\"<<token>>\",\"expires_in\":900,\"note\":\"\xff\xfe\"}"), token},
		{"UTF-16", raw("\xff\xfe{\x00}\x00"), malformed(200)},
		{"deep nesting", tokenBody(`{"access_token":"<<token>>","expires_in":900,"note":` + deep + `}`), malformed(200)},
		{"moderate nesting", tokenBody(`{"access_token":"<<token>>","expires_in":900,"note":[[[[{"a":[]}]]]]}`), token},
		{"a member twice", tokenBody(`{"access_token":"first","access_token":"<<token>>","expires_in":900}`), malformed(200)},
		{"a member twice with one value", tokenBody(`{"access_token":"<<token>>","access_token":"<<token>>","expires_in":900}`), token},
		{"Access_Token", tokenBody(`{"Access_Token":"<<token>>","Expires_In":900}`), malformed(200)},
		{"cut JSON", raw(`{"access_token":"<<token>>","expires_in":9`), malformed(200)},
		{"two objects", Body{raw: whole, token: true, after: whole}, malformed(200)},
		{"garbage after the object", Body{raw: whole, token: true, after: "garbage"}, malformed(200)},
		{"a form", raw("access_token=<<token>>&token_type=bearer&expires_in=900"), malformed(200)},
		{"XML", raw(`<?xml version="1.0"?><token><<token>></token>`), page(200)},
		{"as many members as fit", tokenBody(`{"access_token":"<<token>>","expires_in":900` + members(5000) + `}`), token},
		{"as many arrays as fit", tokenBody(`{"access_token":"<<token>>","expires_in":900,"note":[` + strings.Repeat(`[],`, 30_000) + `0]}`), token},
		{"NUL bytes", raw(strings.Repeat("\x00", 100)), malformed(200)},
	} {
		cases = append(cases, Case{Name: c.name, Script: ok(c.body), Want: c.want})
	}
	html := raw("<!DOCTYPE html><html><head><title>Sign in</title></head><body>proxy</body></html>")
	return append(cases,
		Case{Name: "HTML 200", Script: Script{read{}, answer{status: 200, typ: "text/html; charset=utf-8", body: html}}, Want: page(200)},
		Case{Name: "HTML 200 said to be JSON", Script: ok(html), Want: page(200)},
		Case{Name: "HTML 400", Script: Script{read{}, answer{status: 400, typ: "text/html", body: html}}, Want: unavailable(400)},
		Case{Name: "HTML 403", Script: Script{read{}, answer{status: 403, typ: "text/html", body: html}}, Want: refused(403)},
		Case{Name: "HTML 404", Script: Script{read{}, answer{status: 404, typ: "text/html", body: html}}, Want: unavailable(404)},
		Case{Name: "HTML 500", Script: Script{read{}, answer{status: 500, typ: "text/html", body: html}}, Want: unavailable(500)},
		Case{Name: "HTML 503", Script: Script{read{}, answer{status: 503, typ: "text/html", body: html}}, Want: unavailable(503)},
		Case{Name: "empty 401", Script: Script{read{}, answer{status: 401, typ: "-"}}, Want: refused(401)},
		Case{Name: "empty 403", Script: Script{read{}, answer{status: 403, typ: "-"}}, Want: refused(403)},
		Case{Name: "empty 500", Script: Script{read{}, answer{status: 500, typ: "-"}}, Want: unavailable(500)},
		Case{Name: "empty 503", Script: Script{read{}, answer{status: 503, typ: "-"}}, Want: unavailable(503)},
		Case{Name: "a token as text/plain", Script: Script{read{}, answer{status: 200, typ: "text/plain", body: goodBody}}, Want: token},
		Case{Name: "a token without Content-Type", Script: Script{read{}, answer{status: 200, typ: "-", body: goodBody}}, Want: token},
		Case{Name: "a token as text/html", Script: Script{read{}, answer{status: 200, typ: "text/html", body: goodBody}}, Want: token},
		Case{Name: "a token with a broken Content-Type", Script: Script{read{}, answer{status: 200, typ: ";;;==", body: goodBody}}, Want: token},
		Case{Name: "a token as vnd.api+json", Script: Script{read{}, answer{status: 200, typ: "application/vnd.api+json;charset=UTF-8", body: goodBody}}, Want: token},
		Case{Name: "a token of 1 MiB", Script: Script{read{}, answer{status: 200, body: goodBody, pad: 1 << 20}}, Want: token},
		Case{Name: "a token of 1 MiB and a byte", Script: Script{read{}, answer{status: 200, body: goodBody, pad: 1<<20 + 1}}, Want: malformed(200)},
		Case{Name: "a failure of 1 MiB and a byte", Script: Script{read{}, answer{status: 503, body: raw(`{"error":"server_error"}`), pad: 1<<20 + 1}}, Want: unavailable(503)},
	)
}

// members makes n unknown members.
func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":{}`, i)
	}
	return b.String()
}
