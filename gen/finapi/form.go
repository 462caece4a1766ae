package finapigen

import "net/url"

// Form is the request as the token endpoint takes it, application/x-www-form-urlencoded.
func (r PasswordTokenRequest) Form() url.Values {
	return url.Values{
		"grant_type": {string(r.GrantType)},
		"client_id":  {string(r.ClientID)},
		"username":   {r.Username},
		"password":   {r.Password},
	}
}

// Form is the request as the token endpoint takes it, application/x-www-form-urlencoded.
func (r RefreshTokenRequest) Form() url.Values {
	return url.Values{
		"grant_type":    {string(r.GrantType)},
		"client_id":     {string(r.ClientID)},
		"refresh_token": {r.RefreshToken},
	}
}
