package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/finsdk/finsdk-go/sandbox"
)

// TestKeycloak_malformedRequests has what random requests to real Keycloaks showed;
// interop/agreement has all of them.
func TestKeycloak_malformedRequests(t *testing.T) {
	c := start(t)
	const (
		good   = "grant_type=client_credentials&client_id=sti-client&client_secret=s3cr3t-sti"
		others = "Basic eDp5" // x:y
	)
	ask := func(path, body string, headers ...string) reply {
		return c.do(c.request(http.MethodPost, path, body, append([]string{"Content-Type", formType}, headers...)...))
	}
	ask(finventiToken+";x=y", good).want(t, 400, "invalidCharacter", "Request path contains invalid character ';'")
	if r := ask(finventiToken+"?%zz", good); r.status != 400 || r.body != "" || r.header.Get("Cache-Control") != "" {
		t.Errorf("a bad query: %d %q %v", r.status, r.body, r.header)
	}
	ask(finventiToken, "grant_type=client_credentials&&client_id=sti-client&&client_secret=s3cr3t-sti").
		want(t, 400, "invalid_request", "duplicated parameter")
	ask(finventiToken, good, "Content-Type", formType+"; charset=").
		want(t, 500, "unknown_error", "For more on this error consult the server log.")
	ask(finventiToken, good, "Content-Type", formType+"-x").want(t, 401, "invalid_client", badClient)
	ask(finventiToken, good, "Content-Type", formType+",application/json").
		want(t, 400, "unauthorized_client", "Unexpected error when authenticating client")
	ask(finventiToken, "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&client_id=sti-client&client_secret=s3cr3t-sti").
		want(t, 400, "invalid_grant", "Missing parameter:assertion")

	// Each of id and secret is the form's where it has one; but a multipart form's do not count.
	if r := ask(finventiToken, good, "Authorization", others); r.status != 200 {
		t.Errorf("another client in the header: %d %s", r.status, r.body)
	}
	multipart := ""
	for _, f := range [][2]string{{"grant_type", "client_credentials"}, {"client_id", "sti-client"}, {"client_secret", "s3cr3t-sti"}} {
		multipart += "--b\r\nContent-Disposition: form-data; name=\"" + f[0] + "\"\r\n\r\n" + f[1] + "\r\n"
	}
	ask(finventiToken, multipart+"--b--\r\n", "Content-Type", "multipart/form-data; boundary=b").want(t, 401, "invalid_client", badClient)

	if r := ask(finventiToken, "grant_type=%09client_credentials+&client_id=sti-client&client_secret=s3cr3t-sti"); r.status != 200 {
		t.Errorf("spaces around the grant: %d %s", r.status, r.body)
	}
}

func TestWithKeycloak265_doesNotTrimTheGrant(t *testing.T) {
	c := start(t, sandbox.WithKeycloak265())
	c.post(finventiToken, "grant_type", " client_credentials", "client_id", "sti-client", "client_secret", "s3cr3t-sti").
		want(t, 400, "unsupported_grant_type", "Unsupported grant_type")
}
