package auth

import (
	"context"
	"errors"
	"time"
)

// A Store shares what one process learns with the others: a token, and the vendor's refusal just as
// much. The processes are replicas of a service, or commands that live shorter than a token. A
// Store keeps one [Record] per key, and lends the right to ask the vendor as a [Lease]. It must be
// safe for use by several goroutines.
//
// A Store is told nothing about tokens: a record is a sequence of bytes with a few numbers. Package
// storetest has the tests that every Store must pass, and docs/sharing-tokens.md a recipe for
// writing one.
//
// No method waits for another process, except Watch of a [Watcher]. The context of Load, Acquire,
// Extend and Drop ends after 250 ms, that of Save and Release after 2 s. The source then goes on
// without the store, even if the method does not return. It leaves the store alone while eight
// such calls still run. A Store must not ask the TokenSource that uses it for a token.
//
// A Store measures time by a clock of its own, never by a clock of the process that calls it: the
// clocks of two replicas may be minutes apart. So it is given durations and returns durations.
//
// A record holds the access and the refresh token in plain text: protect it like the client secret,
// or wrap the Store in [Seal].
//
// An error means that the store is broken: unreachable, too slow, or in disorder. It never fails a
// caller: the source reports it as an [EventStore] and asks the vendor itself. The report has the
// text of an [*Error], and what the operating system says. Of any other error it names the type
// alone, because the text may quote the record.
type Store interface {
	// Load returns the record of key, or the zero Record if there is none.
	Load(ctx context.Context, key string) (Record, error)

	// Acquire takes the lease of key for ttl. It does so in one step that no other call interrupts:
	//
	//   - If the record is fresh and its fence is not have, the caller has no need of the lease:
	//     Acquire returns the record alone.
	//   - Otherwise, if another lease is held that has not run out, Acquire returns the record and
	//     sets Busy.
	//   - Otherwise Acquire returns the record and a Lease, whose fence is larger than that of every
	//     lease and record of key before.
	//
	// have is the fence of the record that the caller knows already, or 0.
	Acquire(ctx context.Context, key string, have uint64, ttl time.Duration) (Attempt, error)

	// Drop makes the record of key stale if its fence is still the given one, and reports whether it
	// was. The record's data stay. Drop needs no lease, and disturbs none.
	Drop(ctx context.Context, key string, fence uint64) (bool, error)
}

// A Watcher is a Store that can wait for a change. A source that waits for another process asks
// other stores again and again, after 25 ms at first and every 250 ms in the end.
type Watcher interface {
	// Watch returns nil as soon as key has a record with another fence than after. It may also
	// return nil earlier if there is a reason to look again, such as a released lease. Otherwise it
	// waits until ctx is done and returns the context's error. It leaves no goroutine behind.
	Watch(ctx context.Context, key string, after uint64) error
}

// An Attempt is the outcome of [Store.Acquire]. Its parts were read in one step.
type Attempt struct {
	// Record is the record of the key, or the zero Record if there is none.
	Record Record
	// Lease is nil unless the lease was granted.
	Lease Lease
	// Busy is how long another lease still runs, if it is not extended. It is positive if that lease
	// is the reason for granting none, and otherwise 0.
	Busy time.Duration
	// Lost says that the lease before the granted one ran out: its holder neither saved nor
	// released. The holder has died, or is slow and still asks the vendor. So what the record holds
	// may have been used, such as a refresh token that is good for one refresh. A source that was
	// told so and has nothing to save lets its lease run out too, so that the next one is told.
	Lost bool
}

// A Lease is the right to ask the vendor and to save the record. It runs out after its ttl, so that
// a process that dies holds up the others only for that long. A lease that ran out is still good
// until the next one is granted: then, and if the store has forgotten it, every method returns
// [ErrLeaseLost] and changes nothing.
type Lease interface {
	// Fence returns the number of the lease, which the record gets with Save. It is never 0.
	Fence() uint64
	// Extend lets the lease run for ttl from now, which may be shorter than before.
	Extend(ctx context.Context, ttl time.Duration) error
	// Save replaces the record and ends the lease, in one step.
	Save(ctx context.Context, w Write) error
	// Release ends the lease and leaves the record alone.
	Release(ctx context.Context) error
}

// ErrLeaseLost is the error of a [Lease] after the next one was granted. A process that was stopped
// for longer than its lease runs cannot overwrite a newer token.
var ErrLeaseLost = errors.New("the lease was lost")

// A Write is what [Lease.Save] stores. All of it replaces the record before.
type Write struct {
	// Data are any bytes, most often 1 to 4 kB. The caller may reuse them when Save has returned.
	Data []byte
	// TTL is how long the record is kept. Afterwards the store returns the zero Record.
	TTL time.Duration
	// Fresh is how long the record spares other processes a request. It may be longer than TTL,
	// which then counts. A record with a Fresh of 0 is never fresh.
	Fresh time.Duration
}

// A Record is what a store holds for one key.
type Record struct {
	// Data are the bytes of the Write. The caller does not modify them.
	Data []byte
	// Fence is the fence of the lease that saved the record. It is 0 if there is none.
	Fence uint64
	// Age is how long ago the record was saved, by the store's clock.
	Age time.Duration
	// Fresh says that the record was saved less than its Write's Fresh ago, and was not dropped.
	Fresh bool
	// Err says why Data cannot be read, in a store that checks or decrypts them. Such a record
	// counts as absent, and is replaced. A Store that cannot be reached returns an error instead.
	Err error
}
