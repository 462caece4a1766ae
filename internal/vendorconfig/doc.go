// Package vendorconfig checks a vendor's Config, reads it from the environment, and prints it
// without its secrets. It names no vendor.
package vendorconfig
