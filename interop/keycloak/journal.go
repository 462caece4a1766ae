package keycloak

import (
	"context"
	"net/http"
	"net/url"
)

// An Entry of a realm's journal is one event of Keycloak.
type Entry struct {
	Type     string            `json:"type"`  // LOGIN, REFRESH_TOKEN_ERROR, …
	Error    string            `json:"error"` // of the types that end in _ERROR
	ClientID string            `json:"clientId"`
	Session  string            `json:"sessionId"`
	Details  map[string]string `json:"details"` // username, refresh_token_id, reason, …
}

// KeepJournal makes a realm store the events of these types from now on.
func (a *Admin) KeepJournal(ctx context.Context, realm string, types ...string) error {
	return a.SetRealm(ctx, realm, map[string]any{"eventsEnabled": true, "enabledEventTypes": types})
}

// Journal returns a realm's stored events of the types, the newest first.
func (a *Admin) Journal(ctx context.Context, realm string, types ...string) ([]Entry, error) {
	// The default is a page of 100.
	query := url.Values{"type": types, "max": {"100000"}}
	var entries []Entry
	err := a.do(ctx, http.MethodGet, realmPath(realm)+"/events?"+query.Encode(), nil, &entries)
	return entries, err
}
