// Package agreement compares the sandbox with Keycloak: both get the same requests, the table's and
// random malformed ones, and their answers are compared member by member. Keycloak's are on record,
// with their requests, so that the comparison needs no server; the live test asks running
// Keycloaks, and records.
package agreement
