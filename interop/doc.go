// Package interop holds the tests of the SDK against real servers.
//
// keycloak starts a Keycloak with the project's realms; table is the list of requests a token
// endpoint can meet, which is sent to Keycloak and to the project's own sandbox alike; testdata
// holds what each Keycloak answered. spec holds the sandbox's answers and the SDK's requests
// against the OpenAPI documents, prism and schemathesis have two other validators do the same,
// calls is every call of the SDK for them; fosite and league are servers of other makes. run.sh
// does everything, from fetching the servers to stopping them.
package interop
