// Package browsertest clicks through the sandbox's page in a headless Chromium. It is a module of
// its own, so that no other module gets its requirements.
//
// Debian has the browser as package chromium. Without it the tests are skipped.
package browsertest
