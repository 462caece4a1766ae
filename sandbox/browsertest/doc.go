// Package browsertest clicks through the sandbox's page in a headless Chromium. It is a module of its own, so that
// what it needs is nobody else's.
//
// Debian has the browser as package chromium. Without it the tests are skipped.
package browsertest
