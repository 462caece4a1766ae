package finsdk

// Version is the SDK's version, as the User-Agent header names it.
const Version = "0.1.0"

// Troubleshooting is the URL of this version's page that explains every error.
const Troubleshooting = "https://github.com/finsdk/finsdk-go/blob/v" + Version + "/docs/troubleshooting.md"
