package onefinopsgen

import "net/url"

// Form is the request as the token endpoint takes it, application/x-www-form-urlencoded.
func (r TokenRequest) Form() url.Values {
	return url.Values{
		"grant_type":    {string(r.GrantType)},
		"client_id":     {r.ClientID},
		"client_secret": {r.ClientSecret},
	}
}
