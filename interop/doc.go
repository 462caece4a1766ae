// Package interop holds the tests of the SDK against real servers.
//
// keycloak starts a Keycloak with the project's realms; table is the list of requests a token endpoint can meet,
// which is sent to Keycloak and to the project's own sandbox alike; testdata holds what each Keycloak answered.
// run.sh does everything, from fetching the servers to stopping them.
package interop
