// Package origin decides which servers a credential may travel to. It parses URLs and host names
// into an [Origin] once, and callers pass that on as a value. [Rules] compare requests with
// Origins.
package origin
