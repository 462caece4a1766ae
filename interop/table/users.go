package table

var (
	wrongPassword = Said{Status: []int{400, 401}, Error: "invalid_grant", Description: "Invalid user credentials"}
	notSetUp      = Said{Status: []int{400}, Error: "invalid_grant", Description: "Account is not fully set up"}
)

// login is finAPI's password grant in one of the realms that have its client.
func login(realm, username, password string, more ...string) Request {
	return post(realm, append([]string{"grant_type", "password", "client_id", "demobank-cli", "username", username, "password", password}, more...)...)
}

// users are the password grant.
var users = []Case{
	{Name: "finapi-password", Said: granted, Request: login("customer", "anna", "pw-anna")},
	{Name: "password-by-email", Request: login("customer", "anna@example.test", "pw-anna")},
	{Name: "password-upper-case-username", Request: login("customer", "ANNA", "pw-anna")},
	{Name: "password-username-with-spaces", Request: login("customer", " anna ", "pw-anna")},
	{Name: "password-special-characters", Said: granted, Request: login("customer", "ümläut", "p&w=+% ü\"'")},
	{Name: "password-scope-openid", Request: login("customer", "anna", "pw-anna", "scope", "openid")},
	{Name: "password-scope-offline", Request: login("customer", "anna", "pw-anna", "scope", "offline_access")},
	{Name: "password-scope-unknown", Said: Said{Status: []int{400}, Error: "invalid_scope", Description: "Invalid scopes"},
		Request: login("customer", "anna", "pw-anna", "scope", "no-such-scope")},
	{Name: "password-scope-basic", Request: login("customer", "anna", "pw-anna", "scope", "basic")},
	{Name: "password-public-client-with-secret", Request: login("customer", "anna", "pw-anna", "client_secret", "anything")},

	{Name: "password-wrong", Said: wrongPassword, Request: login("customer", "anna", "wrong")},
	{Name: "password-unknown-user", Said: wrongPassword, Request: login("customer", "nobody", "pw-anna")},
	{Name: "password-empty", Request: login("customer", "anna", "")},
	{Name: "password-missing", Request: post("customer", "grant_type", "password", "client_id", "demobank-cli", "username", "anna")},
	{Name: "password-no-username", Request: post("customer", "grant_type", "password", "client_id", "demobank-cli", "password", "pw-anna")},
	{Name: "password-empty-username", Request: login("customer", "", "pw-anna")},
	{Name: "password-neither", Request: post("customer", "grant_type", "password", "client_id", "demobank-cli")},
	{Name: "password-disabled-user", Said: Said{Status: []int{400}, Error: "invalid_grant", Description: "Account disabled"},
		Request: login("customer", "disabled", "pw-disabled")},
	{Name: "password-disabled-user-wrong-password", Request: login("customer", "disabled", "wrong")},
	{Name: "password-required-action", Said: notSetUp, Request: login("customer", "todo", "pw-todo")},
	{Name: "password-required-action-wrong-password", Request: login("customer", "todo", "wrong")},
	{Name: "password-user-without-names", Said: notSetUp, Request: login("customer", "bare", "pw-bare")},

	{Name: "password-no-client-id", Said: noClientID, Request: post("customer", "grant_type", "password", "username", "anna", "password", "pw-anna")},
	{Name: "password-unknown-client", Said: unknownClient,
		Request: post("customer", "grant_type", "password", "client_id", "no-such-client", "username", "anna", "password", "pw-anna")},
	{Name: "password-grant-off", Said: Said{Status: []int{400}, Error: "unauthorized_client", Description: "Client not allowed for direct access grants"},
		Request: post("customer", "grant_type", "password", "client_id", "demobank-no-direct", "username", "anna", "password", "pw-anna")},
	{Name: "password-grant-off-wrong-password",
		Request: post("customer", "grant_type", "password", "client_id", "demobank-no-direct", "username", "anna", "password", "wrong")},
	{Name: "password-confidential-client", Said: granted,
		Request: post("customer", "grant_type", "password", "client_id", "demobank-server", "client_secret", "s3cr3t-server", "username", "anna", "password", "pw-anna")},
	{Name: "password-confidential-client-basic", Said: granted,
		Request: withHeader(post("customer", "grant_type", "password", "username", "anna", "password", "pw-anna"), authorization(basic("demobank-server", "s3cr3t-server")))},
	{Name: "password-confidential-client-no-secret", Said: wrongSecret,
		Request: post("customer", "grant_type", "password", "client_id", "demobank-server", "username", "anna", "password", "pw-anna")},
	{Name: "password-public-client-basic",
		Request: withHeader(post("customer", "grant_type", "password", "username", "anna", "password", "pw-anna"), authorization(basic("demobank-cli", "")))},

	{Name: "password-brief", Said: granted, Request: login("brief", "anna", "pw-anna")},
	// This client's tokens would live 900 s, were it not for the session's 15 s.
	{Name: "password-lifetime-cut-by-session", Said: granted,
		Request: post("brief", "grant_type", "password", "client_id", "demobank-long", "username", "anna", "password", "pw-anna")},
	{Name: "password-brute-force-first-failure", Said: wrongPassword, Request: login("guarded", "locked", "wrong")},
	// Right password, locked account: nothing tells it from a wrong password.
	{Name: "password-brute-force-locked", Said: wrongPassword,
		Before: []Request{
			login("guarded", "locked", "wrong"),
			withWait(login("guarded", "locked", "wrong"), 2000),
			withWait(login("guarded", "locked", "wrong"), 2000),
		},
		Request: withWait(login("guarded", "locked", "pw-locked"), 4000)}, // failures are counted in the background
	{Name: "password-user-disabled-in-between", Event: "disable-user customer anna", Undo: "enable-user customer anna",
		Request: login("customer", "anna", "pw-anna")},
}
