package auth

// MaxErrorBody is the most that [Error.Body] holds.
const MaxErrorBody = 4 << 10

// RedactBody returns the start of a token endpoint's answer as [Error.Body] may hold it: like [Redact], but with
// line breaks kept and at most [MaxErrorBody] bytes long.
func RedactBody(body []byte, secrets ...string) []byte {
	text := redactAll(string(body), secrets)
	if len(text) > MaxErrorBody {
		cut := MaxErrorBody
		for cut > 0 && text[cut]&0xc0 == 0x80 {
			cut--
		}
		text = text[:cut]
	}
	return []byte(text)
}

// RedactError returns err as it is where its text holds none of the secrets. Otherwise it returns an error with
// the redacted text, in which errors.Is still finds what is in err, but errors.As does not: what that would hand
// out can print the secret.
func RedactError(err error, secrets ...string) error { return redactError(err, secrets) }
