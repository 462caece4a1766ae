package finsdk

import "encoding/json"

// A List is a list. A vendor may send a single element without the list; the SDK sends a list.
type List[T any] []T

// UnmarshalJSON implements [json.Unmarshaler]. A value that is neither a list nor null becomes the
// only element.
func (l *List[T]) UnmarshalJSON(text []byte) error {
	if len(text) == 0 || text[0] == '[' || string(text) == "null" {
		return json.Unmarshal(text, (*[]T)(l))
	}
	var one T
	if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	*l = List[T]{one}
	return nil
}
