package agreement

// Reasons are the differences between Keycloak and the sandbox that stay.
var Reasons = []Reason{
	{
		What:    "OneFinOps's answer has no `refresh_expires_in` and no `not-before-policy`",
		Cases:   []string{"onefinops-*", "client-secret-rotated-old-one", "random-*-onefinops-*"},
		Pattern: `(member|value of) (refresh_expires_in|not-before-policy): want (number|0), got (none|<nil>)`,
		Why:     "The vendor's page shows the answer, and shows neither; a plain Keycloak always has them.",
	},
	{
		What:    "OneFinOps's tokens have the claims of a service account",
		Cases:   []string{"onefinops-*", "client-secret-rotated-old-one", "random-*-onefinops-*"},
		Pattern: `access_token claim (acr|clientAddress|clientHost|client_id|email_verified|preferred_username): want none, got (string|boolean)`,
		Why:     "A new realm's built-in scopes add them, as they do in Finventi's; the realm file for OneFinOps leaves these scopes out.",
	},
	{
		What:    "A second client of finAPI is told the mandator",
		Cases:   []string{"password-confidential-client", "password-confidential-client-basic", "refresh-confidential-client", "password-lifetime-cut-by-session"},
		Pattern: `(member|value of|access_token claim) (mandator_name|mandator_uuid|is_test_mandator|is_technical_user): want (none|<nil>), got .*`,
		Why:     "finAPI documents one client, which is told. The sandbox tells every client of a mandator; the realm file has the mappers at that one only.",
	},
	{
		What:    "The scope of a refresh token lacks `basic`",
		Cases:   []string{"introspect-refresh-token*"},
		Pattern: `value of scope: want basic profile xs2a_mock:user, got profile xs2a_mock:user`,
		Why:     "Only introspection shows it. A client of the sandbox has the scopes that show in tokens.",
	},
}
