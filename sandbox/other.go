package sandbox

// URLs returns the base URLs of a vendor's authorization server and API for the sandbox at baseURL.
// They are empty for a vendor that the sandbox does not play.
func (s *Server) URLs(baseURL string, v Vendor) (authURL, apiURL string) {
	for _, site := range s.sites {
		if site.vendor == v {
			return below(baseURL, site.auth()), below(baseURL, site.apis[len(site.apis)-1])
		}
	}
	return "", ""
}
