package oauth

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "redacted"

// Secret is a string that nobody sees by accident: every formatter and encoder shows it as "redacted". Only Reveal
// gives it away, so that a search for Reveal finds every place that could leak.
//
// fmt can't call methods on unexported fields: a type that keeps a Secret in one needs a Format method of its own.
// And encoding/json writes the keys of a map as they are: a Secret is never one.
type Secret string

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// Format implements fmt.Formatter: every verb and flag prints "redacted".
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which JSON, XML and most other encoders use.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON implements json.Marshaler.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalBinary implements encoding.BinaryMarshaler, which gob uses.
func (Secret) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }
