package filestore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/finsdk/finsdk-go/auth"
)

// state is what a file holds: a checksum, one line of JSON, and the record's data. Times are those
// of the machine's clock, in microseconds.
type state struct {
	Latest uint64 `json:"latest,omitempty"` // the fence of the newest lease
	Holder uint64 `json:"holder,omitempty"` // of the lease that was neither saved nor released
	Since  int64  `json:"since,omitempty"`  // when the holder took or extended it
	Until  int64  `json:"until,omitempty"`  // when it runs out
	Fence  uint64 `json:"fence,omitempty"`  // of the record
	Saved  int64  `json:"saved,omitempty"`
	TTL    int64  `json:"ttl,omitempty"`
	Fresh  int64  `json:"fresh,omitempty"`

	data    []byte
	damaged bool
}

// damagedFence is the fence of a record whose file is damaged. No lease has it.
const damagedFence = 1

// setBack is how far a time may lie in the future. A clock that was set back is told from one that
// is adjusted.
const setBack = int64(time.Second / time.Microsecond)

// maxMicroseconds is what a time.Duration has room for.
const maxMicroseconds = int64(math.MaxInt64 / time.Microsecond)

const checksumLength = 32

func checksum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:checksumLength/2])
}

func (st *state) encode() []byte {
	head, err := json.Marshal(st)
	if err != nil {
		panic(err) // numbers alone
	}
	content := append(append(head, '\n'), st.data...)
	return append([]byte(checksum(content)), content...)
}

// decode returns a damaged state for content that encode has not written.
func decode(content []byte) state {
	damaged := state{damaged: true}
	if len(content) < checksumLength || string(content[:checksumLength]) != checksum(content[checksumLength:]) {
		return damaged
	}
	head, data, ok := bytes.Cut(content[checksumLength:], []byte("\n"))
	st := state{data: data}
	if !ok || json.Unmarshal(head, &st) != nil {
		return damaged
	}
	for _, µs := range []int64{st.Since, st.Until, st.Saved, st.TTL, st.Fresh} {
		if µs < 0 || µs > maxMicroseconds {
			return damaged
		}
	}
	return st
}

// record returns the record as of now.
func (st *state) record(now time.Time) auth.Record {
	if st.damaged {
		return auth.Record{Fence: damagedFence, Err: failure(errors.New("the file is damaged"))}
	}
	age := now.UnixMicro() - st.Saved
	fresh := age < st.Fresh
	if age < -setBack { // its age is unknown
		age, fresh = st.Fresh, false
	}
	if st.Fence == 0 || age >= st.TTL {
		return auth.Record{}
	}
	return auth.Record{Data: st.data, Fence: st.Fence, Age: time.Duration(max(age, 0)) * time.Microsecond, Fresh: fresh}
}

// attempt returns what Acquire returns without a lease, and whether that is all.
func (st *state) attempt(have uint64, now time.Time) (a auth.Attempt, denied bool) {
	a.Record = st.record(now)
	at := now.UnixMicro()
	switch {
	case a.Record.Fresh && a.Record.Fence != have:
		return a, true
	case st.Holder != 0 && at < st.Until && at >= st.Since-setBack:
		a.Busy = time.Duration(st.Until-at) * time.Microsecond
		return a, true
	}
	return a, false
}

// grant makes a new lease the holder and returns its fence, which grows even if a file is lost.
func (st *state) grant(ttl time.Duration, now time.Time) uint64 {
	if st.damaged {
		*st = state{}
	}
	st.Latest = max(st.Latest+1, uint64(max(now.UnixMicro(), damagedFence+1)))
	st.Holder, st.Since, st.Until = st.Latest, now.UnixMicro(), now.Add(ttl).UnixMicro()
	return st.Holder
}
