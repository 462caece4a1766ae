package finsdk

// Version is the SDK's version, as the User-Agent header names it.
const Version = "0.1.0"
