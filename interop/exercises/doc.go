// Package exercises changes the vendors' documents, as vendors do, in a copy of the repository:
// code and tests must follow without another edit. It adds a made-up fifth vendor, too, by the
// steps of docs/adding-a-vendor.md. Run it with make exercises.
package exercises
