// Package dialect is what the four vendors' packages have in common: how a Config is checked and read from the
// environment, and how a token endpoint is asked and its answer understood.
//
// It is one package, with no imports beyond auth and x/oauth2, because every package here is one more for whoever
// imports a single vendor.
package dialect
