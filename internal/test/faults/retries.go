package faults

import (
	"fmt"
	"time"
)

// retries lists the forms of Retry-After, on each status that may have it.
func retries() []Case {
	var cases []Case
	for _, f := range []struct {
		name  string
		lines []string
		want  time.Duration
	}{
		{"absent", nil, 0},
		{"in seconds", []string{"Retry-After: 7"}, 7 * time.Second},
		{"zero", []string{"Retry-After: 0"}, 0},
		{"with white space", []string{"Retry-After: \t 7  "}, 7 * time.Second},
		{"with leading zeros", []string{"Retry-After: 0007"}, 7 * time.Second},
		{"in lower case", []string{"retry-after: 7"}, 7 * time.Second},
		{"as a date to come", []string{"Retry-After: <<date:2m>>"}, 2 * time.Minute},
		{"as a date gone by", []string{"Retry-After: <<date:-2m>>"}, 0},
		{"as a date far away", []string{"Retry-After: <<date:9000h>>"}, time.Hour},
		{"as a date in the old form", []string{"Retry-After: Sunday, 06-Nov-94 08:49:37 GMT"}, 0},
		{"as a date of RFC 3339", []string{"Retry-After: 2999-01-01T00:00:00Z"}, 0},
		{"absurd", []string{"Retry-After: 999999999"}, time.Hour},
		{"beyond an int64", []string{"Retry-After: 99999999999999999999999999"}, time.Hour},
		{"negative", []string{"Retry-After: -5"}, 0},
		{"with a fraction", []string{"Retry-After: 4.2"}, 5 * time.Second},
		{"as a date by a clock that is ahead", []string{"Date: <<date:2m>>", "Retry-After: <<date:2m5s>>"}, 5 * time.Second},
		{"as a date by a clock that is behind", []string{"Date: <<date:-2m>>", "Retry-After: <<date:-1m55s>>"}, 5 * time.Second},
		{"garbage", []string{"Retry-After: soon"}, 0},
		{"with the secret", []string{"Retry-After: <<secret:url>>"}, 0},
		{"empty", []string{"Retry-After:"}, 0},
		{"twice", []string{"Retry-After: 7", "Retry-After: 90"}, 7 * time.Second},
	} {
		for _, status := range []int{429, 503} {
			want := limited(status)
			if status == 503 {
				want = unavailable(status)
			}
			cases = append(cases, Case{
				Name:   fmt.Sprintf("%d, Retry-After %s", status, f.name),
				Script: Script{read{}, answer{status: status, header: f.lines, body: raw(`{}`)}},
				Want:   want.after(f.want),
			})
		}
	}
	return append(cases,
		Case{Name: "401, Retry-After in seconds", Script: Script{read{}, answer{status: 401, header: []string{"Retry-After: 30"}, body: raw(`{"error":"invalid_client"}`)}},
			Want: refused(401).after(30 * time.Second)},
		Case{Name: "400, Retry-After in seconds", Script: Script{read{}, answer{status: 400, header: []string{"Retry-After: 30"}, body: raw(`{"error":"invalid_scope"}`)}},
			Want: misconfigured(400).after(30 * time.Second)},
		Case{Name: "HTML 429, Retry-After in seconds", Script: Script{read{}, answer{status: 429, typ: "text/html", header: []string{"Retry-After: 30"}, body: raw(`<h1>Slow down</h1>`)}},
			Want: limited(429).after(30 * time.Second)},
		Case{Name: "200 with a token, Retry-After in seconds", Script: Script{read{}, answer{status: 200, header: []string{"Retry-After: 30"}, body: goodBody}}, Want: token},
	)
}

// echoes lists servers that echo the secret, in every spelling and place.
func echoes() []Case {
	var cases []Case
	add := func(name string, status int, typ, body string, header []string, want Want) {
		for _, secret := range []struct{ name, value string }{{"plain", PlainSecret}, {"nasty", NastySecret}} {
			cases = append(cases, Case{Name: name + ", " + secret.name, Secret: secret.value, Want: want,
				Script: Script{read{}, answer{status: status, typ: typ, header: header, body: raw(body)}}})
		}
	}
	for _, spelling := range []string{"json", "plainjson", "php", "python"} {
		add("the secret in error_description as "+spelling, 401, "", `{"error":"invalid_client","error_description":"no client has <<secret:`+spelling+`>>, sorry"}`, nil, refused(401))
	}
	for _, spelling := range []string{"url", "percent", "lower-url", "html", "entities", "base64", "base64url", "basic", "quoted", "html-json", "url-twice", "named", "numbered", "javascript"} {
		add("the secret in HTML as "+spelling, 500, "text/html", `<p class="<<secret:`+spelling+`>>"><<secret:`+spelling+`>></p>`, nil, unavailable(500))
		if spelling != "quoted" && spelling != "html-json" && spelling != "javascript" { // those are no text of a JSON string
			add("the secret in error_description as "+spelling, 400, "", `{"error":"invalid_request","error_description":"odd value <<secret:`+spelling+`>>"}`, nil, misconfigured(400))
			add("the secret in headers as "+spelling, 503, "text/plain", "", []string{"X-Request: <<secret:" + spelling + ">>",
				"WWW-Authenticate: Bearer realm=\"<<secret:" + spelling + ">>\"", "Location: /<<secret:" + spelling + ">>", "Retry-After: <<secret:" + spelling + ">>",
				"Server: <<secret:" + spelling + ">>", "X-Request-Id: <<secret:" + spelling + ">>", "Content-Language: <<secret:" + spelling + ">>",
				"Date: <<secret:" + spelling + ">>", "Via: 1.1 <<secret:" + spelling + ">>"}, unavailable(503))
		}
	}
	for _, place := range []string{"after-480", "after-505", "after-4085"} {
		add("the secret cut in two, "+place, 400, "", `{"error":"invalid_request","error_description":"<<secret:`+place+`>>"}`, nil, anything)
		add("the secret cut in two in HTML, "+place, 500, "text/html", `<<secret:`+place+`>>`, nil, unavailable(500))
	}
	add("the secret as error", 400, "", `{"error":"<<secret:json>>"}`, nil, misconfigured(400))
	add("the secret as error_uri", 400, "", `{"error":"invalid_request","error_uri":"https://help.test/<<secret:url>>"}`, nil, misconfigured(400))
	add("the secret as token_type", 200, "", `{"access_token":"<<token>>","expires_in":900,"token_type":"<<secret:json>>","success":true,"data":{"access_token":"<<token>>","expires_in":900,"token_type":"<<secret:json>>"}}`, nil, malformed(200))
	add("the secret as expires_in", 200, "", `{"access_token":"<<token>>","expires_in":"<<secret:json>>","success":true,"data":{"access_token":"<<token>>","expires_in":"<<secret:json>>"}}`, nil, malformed(200))
	add("the secret as member name", 200, "", `{"<<secret:json>>":1}`, nil, malformed(200))
	add("the secret as access_token with a line break", 200, "", `{"access_token":"<<secret:json>>\n","expires_in":900,"success":true,"data":{"access_token":"<<secret:json>>\n","expires_in":900}}`, nil, malformed(200))
	add("the secret instead of JSON", 200, "", `<<secret>>`, nil, malformed(200))
	add("the request's body", 500, "text/html", `<pre><<body>></pre>`, nil, unavailable(500))
	add("the request's body in HTML", 500, "text/html", `<pre><<body:html>></pre>`, nil, unavailable(500))
	add("the whole request", 400, "text/plain", `<<request>>`, nil, anything)
	add("the request's body as error_description", 400, "", `{"error":"invalid_request","error_description":"<<body:json>>"}`, nil, misconfigured(400))
	add("a token in a failure", 500, "", `{"error":"server_error","access_token":"<<token>>","refresh_token":"<<refresh>>","error_description":"<<token>>"}`, nil, anything)
	add("a token in HTML", 200, "text/html", `<input name=access_token value="<<token>>">`, nil, page(200))
	add("a JWT in error_description", 400, "", `{"error":"invalid_request","error_description":"bad assertion <<jwt>> given"}`, nil, misconfigured(400))
	add("the secret as message", 400, "", `{"success":false,"message":{"description":"<<secret:json>>"},"error":"invalid_request"}`, nil, misconfigured(400))
	return cases
}
