package finsdk

import (
	"encoding/json"
	"fmt"
	"time"
)

// A Date is a day without a time of day, such as 2026-11-28. Its time is midnight UTC. The zero
// Date means no date: it is null in JSON, and is not sent as an optional member.
type Date struct{ time.Time }

// NewDate returns the given day. As in [time.Date], values outside their usual ranges are
// normalized.
func NewDate(year int, month time.Month, day int) Date {
	return Date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// String returns d in the form 2006-01-02, or "" if d is zero.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

// MarshalText implements [encoding.TextMarshaler]. It writes d in the form 2006-01-02. It returns
// an error unless the year has four digits.
func (d Date) MarshalText() ([]byte, error) {
	if y := d.Year(); y < 0 || y > 9999 {
		return nil, fmt.Errorf("finsdk: the date's year %d has not four digits", y)
	}
	return []byte(d.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It reads the form 2006-01-02. An empty text
// is the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("finsdk: %w", err)
	}
	*d = Date{t}
	return nil
}

// MarshalJSON implements [json.Marshaler]. It writes null if d is zero.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	text, err := d.MarshalText()
	if err != nil {
		return nil, err
	}
	return append(append([]byte{'"'}, text...), '"'), nil
}

// UnmarshalJSON implements [json.Unmarshaler]. It leaves d unchanged if text is null, as
// [time.Time.UnmarshalJSON] does.
func (d *Date) UnmarshalJSON(text []byte) error {
	var s *string
	if err := json.Unmarshal(text, &s); err != nil || s == nil {
		return err
	}
	return d.UnmarshalText([]byte(*s))
}
