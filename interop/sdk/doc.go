// Package sdk holds the tests of the SDK's token sources against a real Keycloak: sessions and
// secrets that end, locks, rollovers and outages, with lifetimes of seconds.
//
// The tests start the newest Keycloak that keycloak/fetch.sh knows, or take the one that
// KEYCLOAK_URL names, which is then theirs to spoil. With -short they take about half the time, by
// going through each thing once instead of several times.
package sdk
