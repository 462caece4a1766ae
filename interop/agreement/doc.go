// Package agreement holds the sandbox against Keycloak: both get the same requests, the table's and random malformed
// ones, and what they answer is compared member by member. What Keycloak answered is recorded, so that the comparison
// needs none; the live test asks a running one.
package agreement
