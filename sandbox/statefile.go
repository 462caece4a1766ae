package sandbox

import (
	"fmt"
	"time"

	"github.com/finsdk/finsdk-go/sandbox/internal/accounts"
	"github.com/finsdk/finsdk-go/sandbox/internal/clientbook"
	"github.com/finsdk/finsdk-go/sandbox/internal/einvoice"
	"github.com/finsdk/finsdk-go/sandbox/internal/signing"
	"github.com/finsdk/finsdk-go/sandbox/internal/statefile"
)

// stateVersion is that of the file's format. Version 1 had no lines after the first.
const stateVersion = 2

// savedState is the whole state, or a change.
type savedState struct {
	Version int                   `json:"version,omitempty"`
	Offset  time.Duration         `json:"clock_offset,omitempty"`
	Keys    map[Vendor][]savedKey `json:"keys,omitempty"`
	accounts.State
	EInvoices einvoice.State    `json:"einvoices,omitzero"`
	FinCalc   *clientbook.State `json:"fincalc,omitempty"`
}

type savedKey struct {
	Private     []byte `json:"private"` // PKCS #8
	Certificate []byte `json:"certificate"`
}

// loadState reads the file and rewrites it, so that a file that cannot be written is noticed now.
func (s *Server) loadState() error {
	path := s.settings.stateFile
	if path == "" || s.settings.err != nil {
		return nil
	}
	if err := statefile.Read(path, s.restore, s.restoreChange); err != nil {
		return err
	}
	s.accounts.Track(s.clock.now())
	s.oneFinOps.Portal.Track()
	var err error
	if s.file, err = statefile.Create(path, s.snapshot, s.changes); err != nil {
		return err
	}
	for _, ring := range s.rings {
		ring.Keep = s.keep
	}
	return nil
}

// restore takes up a state.
func (s *Server) restore(state savedState) error {
	if state.Version != 1 && state.Version != stateVersion {
		return fmt.Errorf("version %d is neither 1 nor %d", state.Version, stateVersion)
	}
	for v, list := range state.Keys {
		ring := s.rings[v]
		if ring == nil {
			return fmt.Errorf("there is no vendor %q", v)
		}
		var keys []*signing.Key
		for _, saved := range list {
			key, err := signing.Parse(saved.Private, saved.Certificate)
			if err != nil {
				return err
			}
			keys = append(keys, key)
		}
		ring.Restore(keys)
	}
	s.clock.offset.Store(int64(state.Offset))
	s.restoreChange(state)
	return nil
}

// restoreChange takes up what calls have changed since.
func (s *Server) restoreChange(change savedState) {
	s.accounts.Restore(change.State, s.clock.now())
	s.oneFinOps.Portal.Restore(change.EInvoices)
	s.finCalc.Book.Restore(change.FinCalc)
}

// snapshot returns the whole state.
func (s *Server) snapshot() (savedState, error) {
	state := savedState{Version: stateVersion, Offset: time.Duration(s.clock.offset.Load()), Keys: map[Vendor][]savedKey{},
		State: s.accounts.Snapshot(s.clock.now()), EInvoices: s.oneFinOps.Portal.Snapshot(), FinCalc: s.finCalc.Book.Snapshot()}
	for _, v := range Vendors() {
		for _, k := range s.rings[v].Made() {
			private, certificate, err := k.Marshal()
			if err != nil {
				return savedState{}, err
			}
			state.Keys[v] = append(state.Keys[v], savedKey{private, certificate})
		}
	}
	return state, nil
}

// changes returns what calls have changed since.
func (s *Server) changes() (change savedState, some bool) {
	change.State, some = s.accounts.Changes()
	change.EInvoices = s.oneFinOps.Portal.Changes()
	change.FinCalc = s.finCalc.Book.Changes()
	return change, some || len(change.EInvoices.Invoices)+len(change.EInvoices.Bills) > 0 || change.FinCalc != nil
}
