package keycloak

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/answer"
	"github.com/finsdk/finsdk-go/sandbox/internal/formbody"
	"github.com/finsdk/finsdk-go/sandbox/internal/jsondoc"
)

// tellUser is OpenID Connect Core section 5.3.
func tellUser(c visit, rm *accounts.Realm) answer.Answer {
	if c.Request.Method == http.MethodPost {
		switch {
		case errors.Is(c.FormErr, formbody.ErrTooLong):
			return formTooLarge()
		case c.FormErr != nil:
			return formUnreadable()
		case c.NotMedia && c.k.Before266:
			return noMedia()
		case c.NotMedia:
			return noMedia().Unstored()
		}
	}
	a := tellUserPlain(c, rm)
	switch {
	case !c.k.Before266:
		a = a.Unstored()
	case a.OK():
		a.With("Cache-Control", "no-cache")
	}
	return a
}

func tellUserPlain(c visit, rm *accounts.Realm) answer.Answer {
	refuse := func(status int, code, description string) answer.Answer {
		return c.readable(challenge(rm, status, code, description))
	}
	text, problem := c.userinfoToken()
	switch {
	case problem == formTwice:
		return challenge(rm, http.StatusBadRequest, "invalid_request", problem)
	case problem != "":
		return refuse(http.StatusBadRequest, "invalid_request", problem)
	case text == nil:
		return refuse(http.StatusUnauthorized, "", "")
	}
	if scheme, _, _ := strings.Cut(c.Request.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "DPoP") {
		// No token of the sandbox is bound to a key.
		a := refuse(http.StatusUnauthorized, "invalid_token", "Token verification failed")
		_, rest, _ := strings.Cut(a.Header.Get("WWW-Authenticate"), " ")
		return a.With("WWW-Authenticate", fmt.Sprintf("DPoP algs=%q, %s", proofAlgorithms, rest))
	}
	claims := c.readToken(rm, *text)
	by, who, x, lives := c.k.Accounts.Owner(rm, claims, c.Now)
	if claims.Text("typ") != "Bearer" || by == nil || !c.Issued(rm, claims) || !c.k.Accounts.Stands(rm, claims, c.Now) {
		return refuse(http.StatusUnauthorized, "invalid_token", "Token verification failed")
	}
	if !slices.Contains(strings.Fields(claims.Text("scope")), "openid") {
		return refuse(http.StatusForbidden, "insufficient_scope", "Missing openid scope")
	}
	if refusal := c.foreignOrigin(); refusal != nil {
		return *refusal
	}
	if by.Disabled {
		return challenge(rm, http.StatusUnauthorized, "invalid_token", "Client disabled")
	}
	if !lives {
		return challenge(rm, http.StatusUnauthorized, "invalid_token", "user_session_not_found")
	}
	members := jsondoc.Object{{"sub", claims["sub"]}}
	if x != nil { // a service account has no session
		switch {
		case who == nil:
			return challenge(rm, http.StatusUnauthorized, "invalid_token", "User not found")
		case who.Disabled:
			return challenge(rm, http.StatusUnauthorized, "invalid_token", "User disabled")
		case who.Name != "":
			members.Set("name", who.Name)
		}
		c.User = who.Username
	}
	if verified, ok := claims["email_verified"]; ok {
		members.Set("email_verified", verified)
	}
	members.Set("preferred_username", claims["preferred_username"])
	return answer.JSON(http.StatusOK, members)
}

// challenge is an answer with WWW-Authenticate alone, RFC 6750 section 3.
func challenge(rm *accounts.Realm, status int, code, description string) answer.Answer {
	text := fmt.Sprintf("Bearer realm=%q", rm.Name)
	if code != "" {
		text += fmt.Sprintf(", error=%q, error_description=%q", code, description)
	}
	return answer.Text(status, "text/plain;charset=utf-8", "").With("WWW-Authenticate", text)
}

const formTwice = "Duplicate parameter"

// userinfoToken returns the token in a request's header or form (RFC 6750 section 2), or nil.
func (c visit) userinfoToken() (text *string, problem string) {
	// One blank stands between the two; with another number of them Keycloak sees no token.
	words := strings.Split(c.Request.Header.Get("Authorization"), " ")
	if len(words) == 2 && (strings.EqualFold(words[0], "Bearer") || strings.EqualFold(words[0], "DPoP")) && words[1] != "" {
		text = &words[1]
	}
	if c.Request.Method != http.MethodPost || formbody.MediaType(c.Request.Header) != formbody.Type {
		return text, ""
	}
	switch tokens := c.Form["access_token"]; {
	case len(tokens) > 1:
		return nil, formTwice
	case len(tokens) == 1 && text != nil:
		return nil, "More than one method used for including an access token"
	case len(tokens) == 1:
		return &tokens[0], ""
	}
	return text, ""
}
