// Package origin says which servers a credential may travel to. URLs and host names are parsed into
// an [Origin] once, and handed on as values; [Rules] compare requests with them.
package origin
