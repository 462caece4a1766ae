package vendortest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Echoes returns answers of a careless server: each is a failure that contains the request's
// secret, or a token.
func Echoes(secret, token string) map[string]http.HandlerFunc {
	quote := func(s string) string {
		data, _ := json.Marshal(s)
		return string(data)
	}
	php := strings.ReplaceAll(strings.ReplaceAll(quote(secret), "/", `\/`), `\u0026`, "&")
	ascii := strconv.QuoteToASCII(secret)
	echoes := map[string]http.HandlerFunc{
		"description":              Answer(401, `{"error":"invalid_client","error_description":`+quote("no such secret: "+secret)+`}`),
		"description, PHP's JSON":  Answer(401, `{"error":"invalid_client","error_description":`+php+`}`),
		"description, ASCII JSON":  Answer(401, `{"error":"invalid_client","error_description":`+ascii+`}`),
		"code":                     Answer(400, `{"error":`+quote(secret)+`}`),
		"token as code":            Answer(400, `{"error":`+quote(token)+`}`),
		"message":                  Answer(400, `{"success":false,"message":{"description":`+quote(secret)+`}}`),
		"message as text":          Answer(400, `{"success":false,"message":`+quote(secret)+`}`),
		"hint":                     Answer(400, `{"error":"invalid_request","hint":`+quote(secret)+`}`),
		"unknown member":           Answer(400, `{"error":"invalid_request","debug":{"body":[`+quote("client_secret="+url.QueryEscape(secret))+`]}}`),
		"member's name":            Answer(400, `{"error":"invalid_request",`+quote(secret)+`:1}`),
		"form body":                Answer(500, "grant_type=client_credentials&client_secret="+url.QueryEscape(secret)),
		"form body in lower case":  Answer(500, strings.ToLower("client_secret="+url.QueryEscape(strings.ToLower(secret)))),
		"base64":                   Answer(500, base64.StdEncoding.EncodeToString([]byte(secret))),
		"plain text":               page(500, "text/plain", "stack trace: "+secret),
		"HTML":                     page(500, "text/html", "<html><body>"+html.EscapeString(secret)+"</body></html>"),
		"HTML with &quot;":         page(403, "text/html", "<p>"+strings.ReplaceAll(html.EscapeString(secret), "&#34;", "&quot;")),
		"HTML 200":                 page(200, "text/html", "<html><body>"+html.EscapeString(secret)+" "+secret),
		"token in a failure":       Answer(500, `{"error":"server_error","access_token":`+quote(token)+`,"error_description":`+quote("issued "+token)+`}`),
		"token of no expiry":       Answer(200, `{"access_token":"opaque-`+token+`"}`),
		"token of another type":    Answer(200, `{"access_token":`+quote(token)+`,"token_type":"MAC","expires_in":900}`),
		"token under another name": Answer(200, `{"token":`+quote(token)+`,"secret":`+quote(secret)+`}`),
		"token in cut JSON":        Answer(200, `{"access_token":`+quote(token)+`,"expi`),
		"token with a line break":  Answer(200, `{"access_token":`+quote(token+"\n"+token)+`,"expires_in":900}`),
		"wrong lifetime":           Answer(200, `{"access_token":`+quote(token)+`,"expires_in":`+quote(secret)+`}`),
		"wrong type":               Answer(200, `{"access_token":`+quote(token)+`,"expires_in":900,"token_type":`+quote(secret)+`}`),
		"error inside a 200":       Answer(200, `{"error":"invalid_client","error_description":`+quote(secret)+`}`),
		"failed envelope":          Answer(200, `{"success":false,"message":`+quote(secret+token)+`}`),
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://"+"elsewhere.test/"+url.PathEscape(secret)+"?client_secret="+url.QueryEscape(secret))
			w.WriteHeader(307)
			_, _ = io.WriteString(w, secret)
		},
		"redirect to no URL": func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Location"] = []string{"https://%zz" + strings.ReplaceAll(secret, "\n", " ")}
			w.WriteHeader(302)
		},
		"header fields": func(w http.ResponseWriter, r *http.Request) {
			flat := strings.ReplaceAll(secret, "\n", " ")
			for _, name := range []string{"Www-Authenticate", "Server", "X-Request-Id", "X-Debug", "Set-Cookie"} {
				w.Header().Set(name, fmt.Sprintf("Bearer realm=%q, secret=%q %s", token, url.QueryEscape(secret), flat))
			}
			w.WriteHeader(401)
		},
		"long body": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			_, _ = io.WriteString(w, strings.Repeat(secret+" ", 40000))
		},
		"too long a body": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			_, _ = io.WriteString(w, strings.Repeat(token+secret+`{"access_token":"x`, 60000))
		},
	}
	for _, cut := range []int{4090, 4095, 4096, 4097} {
		echoes[fmt.Sprintf("across byte %d", cut)] = page(500, "text/plain", strings.Repeat("x", cut-3)+secret+token)
		echoes[fmt.Sprintf("across byte %d of JSON", cut)] = Answer(500, `{"error":"`+strings.Repeat("x", cut-13)+`","d":`+quote(secret+token)+`}`)
	}
	return echoes
}

func page(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
