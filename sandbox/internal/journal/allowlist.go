package journal

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// What the journal shows of a request. Whatever else a caller sends may be a secret in the wrong
// place.
var (
	shownMethods = set("GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT")
	// shownWords are the segments of a path that the documents do not have.
	shownWords = set(`finventi finapi onefinops fincalc auth login api sandbox-api realms protocol openid-connect token certs
		revoke logout introspect userinfo .well-known openid-configuration oauth oauth2 oauth-authorization-server authorize
		vop-api payments-api
		v1 v2 v3 v4 accounts clients users transactions payments invoices
		sandbox prod production live test health status metrics jwks jwks.json admin master account openid connect saml
		favicon.ico robots.txt _sandbox elsewhere swagger openapi.json openapi.yaml . ..`)
	// shownParameters are the names in a query, a form or a token request, the ones that people get
	// wrong among them.
	shownParameters = set(`grant_type client_id client_secret username password scope refresh_token token token_type_hint
		email_address client_assertion client_assertion_type assertion code code_verifier redirect_uri audience resource
		subject_token subject_token_type requested_token_type access_token id_token id_token_hint state nonce response_type
		PageNumber PageSize data grantType clientId clientID clientid client-id clientSecret clientsecret client-secret secret
		user pass email emailAddress refreshToken accessToken api_key apikey scopes mandator realm`)
	shownHints = []string{"access_token", "refresh_token", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
	// shownAPIMembers are those of an API whose values are shown.
	shownAPIMembers = set(`iban account_holder_name organisation_identification lei bic responding_psp_bic data documentDetails
		transactionDetails seller buyer shipTo dispatchFrom items valueDetails eWayBillDetails type number date taxScheme supplyType
		gstin legalName tradeName address city state stateCode serialNumber description quantity unit unitPrice hsnCode
		totalInvoiceValue taxableValue`)
)

// shownMembers are those of a good answer that is no API's.
var shownMembers = set(`scope token_type expires_in refresh_expires_in not-before-policy session_state mandator_name mandator_uuid
	is_test_mandator is_technical_user active error error_description hint message description success data client_id username`)

// What the journal shows of the headers.
var (
	shownRequestHeaders  = set("Accept Cache-Control Content-Type Gstin Idempotency-Key Pragma Prefer User-Agent")
	shownResponseHeaders = set(`Allow Cache-Control Content-Type Location Pragma Preference-Applied Retry-After Www-Authenticate
		X-Ratelimit-Limit X-Ratelimit-Remaining`)
	shownMedia = set(`*/* application/* application/json application/problem+json application/x-www-form-urlencoded application/jwt
		application/jwk-set+json application/xml application/xhtml+xml application/octet-stream application/pdf multipart/form-data
		text/* text/plain text/html text/xml text/event-stream text/csv image/* image/avif image/webp image/apng image/svg+xml`)
	shownMediaParameters = set("q=1 q=1.0 q=0 q=0.9 q=0.8 q=0.7 q=0.6 q=0.5 q=0.4 q=0.3 q=0.2 q=0.1 charset= charset=utf-8 charset=utf8 charset=us-ascii charset=iso-8859-1")
	shownDirectives      = set("no-cache no-store max-age=0 no-transform only-if-cached")
	shownAgent           = regexp.MustCompile(`^(?:finsdk-go|Go-http-client|curl|Wget|HTTPie|PostmanRuntime|insomnia|Mozilla|AppleWebKit|` +
		`Chrome|HeadlessChrome|Safari|Firefox|Gecko|python-requests|okhttp|Java|axios|node|k6)(?:/[0-9.]{1,16})?$`)
	shownGSTIN = regexp.MustCompile(`^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]{3}$`)
	shownPage  = regexp.MustCompile(`^[0-9]{1,6}$`)
)

// shownShapes are those of API members that are no free text.
var shownShapes = map[string]*regexp.Regexp{
	"iban":               regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9 ]{8,36}$`),
	"lei":                regexp.MustCompile(`^[A-Z0-9]{18}[0-9]{2}$`),
	"bic":                shownBIC,
	"responding_psp_bic": shownBIC,
	"gstin":              shownGSTIN,
	"date":               regexp.MustCompile(`^[0-9/.-]{8,10}$`),
	"statecode":          shownPage,
	"quantity":           shownNumber,
	"unitprice":          shownNumber,
	"totalinvoicevalue":  shownNumber,
	"taxablevalue":       shownNumber,
}

var (
	shownBIC    = regexp.MustCompile(`^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$`)
	shownNumber = regexp.MustCompile(`^-?[0-9]{1,12}(?:\.[0-9]{1,4})?$`)
)

func set(words string) map[string]bool {
	known := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		known[word] = true
	}
	return known
}

// atom is a word if it is harmless, and not a secret at the same time.
func (v *veil) atom(word string, harmless bool, otherwise string) string {
	if word == "" || harmless && !v.holds(word) {
		return word
	}
	return otherwise
}

func (v *veil) account(name string) string { return v.atom(name, v.isAccount(name), unknown) }

func (v *veil) grant(name string) string {
	trimmed := strings.TrimSpace(name)
	return v.atom(trimmed, slices.Contains(v.Grants, trimmed), unknown)
}

func (v *veil) path(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = v.atom(segment, shownWords[segment] || v.Segments[segment] || v.Realms[segment], redacted)
	}
	return strings.Join(segments, "/")
}

// parameter is a value in a query, a form or a token request.
func (v *veil) parameter(name, value string) string {
	switch name {
	case "grant_type":
		return v.grant(value)
	case "client_id", "username", "email_address":
		return v.account(value)
	case "scope":
		words := strings.Fields(value)
		for i, word := range words {
			words[i] = v.atom(word, v.Scopes[word], unknown)
		}
		return strings.Join(words, " ")
	case "token_type_hint", "client_assertion_type":
		return v.atom(value, slices.Contains(shownHints, value), redacted)
	case "PageNumber", "PageSize":
		return v.atom(value, shownPage.MatchString(value), redacted)
	}
	return v.atom(value, false, redacted)
}

// maxPairs is how many members of a form are shown.
const maxPairs = 100

// pairs shows a query or a form. Text that is neither is one name that nobody knows.
func (v *veil) pairs(text excerpt) string {
	if text.text == "" {
		return ""
	}
	pairs := strings.Split(text.text, "&")
	more := text.cut || len(pairs) > maxPairs
	if text.cut {
		pairs = pairs[:len(pairs)-1] // which the cut may have gone through
	}
	pairs = pairs[:min(len(pairs), maxPairs)]
	for i, pair := range pairs {
		name, value, isPair := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		shown := v.atom(name, err1 == nil && (shownParameters[name] || v.Members[name]), redacted)
		switch {
		case err2 != nil || shown != name:
			value = redacted
		default:
			value = v.parameter(name, value)
		}
		if pairs[i] = shown; isPair {
			pairs[i] += "=" + value
		}
	}
	if more {
		pairs = append(pairs, "…")
	}
	joined := strings.Join(pairs, "&")
	return joined[:min(len(joined), maxPath)]
}

// labelled finds what looks like a secret with its name inside of a value.
var labelled = regexp.MustCompile(`(?i)(?:secret|passw|pwd|token|key|credential|assertion|authori[sz]ation|bearer|basic)[^\s=:]{0,20}\s*(?:[=:]|%3[ad]|\s\S{8})`)

func (v *veil) apiMember(name, value string) string {
	shape := shownShapes[strings.ToLower(name)]
	if !shownAPIMembers[name] || labelled.MatchString(value) || shape != nil && !shape.MatchString(value) {
		return v.atom(value, false, redacted)
	}
	return v.text(value)
}

func (v *veil) requestHeader(header map[string]string) map[string]string {
	shown := map[string]string{}
	for name, value := range header {
		var part func(string) string
		switch name {
		case "Authorization":
			shown[name] = redacted
			if scheme := strings.ToLower(value); scheme == "bearer" || scheme == "basic" {
				shown[name] = value + " " + redacted
			}
			continue
		case "User-Agent":
			shown[name] = v.agent(value)
			continue
		case "Accept", "Content-Type":
			part = v.media
		case "Cache-Control", "Pragma":
			part = func(s string) string { return v.atom(s, shownDirectives[strings.ToLower(s)], redacted) }
		case "Prefer":
			part = v.preference
		case "Gstin":
			part = func(s string) string { return v.atom(s, shownGSTIN.MatchString(s), redacted) }
		default:
			part = func(s string) string { return v.atom(s, false, redacted) }
		}
		shown[name] = parts(value, ",", part)
	}
	return shown
}

// parts shows each part of a list for itself.
func parts(value, separator string, show func(string) string) string {
	list := strings.Split(value, separator)
	for i, part := range list {
		list[i] = show(strings.TrimSpace(part))
	}
	return strings.Join(list, separator+" ")
}

func (v *veil) media(value string) string {
	return parts(value, ";", func(s string) string {
		lower := strings.ToLower(s)
		return v.atom(s, shownMedia[lower] || shownMediaParameters[lower], redacted)
	})
}

// preference is one of those that the sandbox knows, without its parameters.
func (v *veil) preference(preference string) string {
	preference, _, _ = strings.Cut(preference, ";")
	name, value, _ := strings.Cut(preference, "=")
	value = strings.Trim(strings.TrimSpace(value), `"`)
	harmless := false
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "code":
		harmless = len(value) == 3 && shownPage.MatchString(value)
	case "fault":
		harmless = v.IsFault(value)
	case "example":
		harmless = v.Examples[value]
	case "delay":
		d, err := time.ParseDuration(value)
		harmless = err == nil && d.String() == value
	}
	return v.atom(preference, harmless, redacted)
}

// agent shows the programs that are known.
func (v *veil) agent(value string) string {
	var shown []string
	for word := range strings.FieldsSeq(value) {
		word = v.atom(word, shownAgent.MatchString(word), redacted)
		if word != redacted || !slices.Contains(shown, redacted) {
			shown = append(shown, word)
		}
	}
	return strings.Join(shown, " ")
}

func (v *veil) responseHeader(header map[string]string) map[string]string {
	shown := map[string]string{}
	for name, value := range header {
		shown[name] = v.text(value)
		if name == "Location" {
			shown[name] = v.location(value)
		}
	}
	return shown
}

// location may repeat the request's address.
func (v *veil) location(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.Opaque != "" {
		return redacted
	}
	shown := v.path(u.Path)
	if u.Host != "" {
		shown = v.text(u.Scheme+"://"+u.Host) + shown
	}
	if u.RawQuery != "" {
		shown += "?" + v.pairs(excerpt{text: u.RawQuery})
	}
	return shown
}

var (
	secretish = regexp.MustCompile(`(?i)secret|passw|pwd|passphrase|token|assertion|credential|authori[sz]ation|api.?key|private|signed|signature|cookie|bearer|jwt`)
	// notSecret are members that only sound like it.
	notSecret = set(`token_type token-service token_endpoint tokens-not-before token_endpoint_auth_methods_supported
		id_token_signing_alg_values_supported`)
)

func secretName(name string) bool { return secretish.MatchString(name) && !notSecret[name] }
