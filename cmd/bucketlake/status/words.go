package status

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Sentence makes a sentence of an error's words, or of a part of one: it begins with a capital letter and ends with a full stop.
func Sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	s = string(unicode.ToUpper(first)) + s[size:]
	if strings.ContainsRune(".!?", rune(s[len(s)-1])) {
		return s
	}
	return s + "."
}

// disabled says which streams are not read and why, those with one reason together.
func (s *Connection) disabled() []string {
	var reasons []string
	streams := map[string][]string{}
	for _, st := range s.Streams {
		if st.Disabled == "" || st.AdminOnly {
			continue
		}
		if streams[st.Disabled] == nil {
			reasons = append(reasons, st.Disabled)
		}
		streams[st.Disabled] = append(streams[st.Disabled], st.Stream)
	}
	var said []string
	for _, why := range reasons {
		said = append(said, "not read: "+strings.Join(streams[why], ", ")+", as "+why)
	}
	return said
}

// Clock writes a time for people, to the second.
func Clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// RequestsLeft is how many requests may still be spent in this hour.
func (s *Connection) RequestsLeft() int { return max(0, s.RequestsLimit-s.RequestsSpent) }

// RequestsLow is the number of requests from which on few are left.
func (s *Connection) RequestsLow() int { return s.RequestsLimit / 5 }

// FreshAt is when a stream was last read to its end; where it never was, when the workspace was connected.
func (s *Connection) FreshAt(st *Stream) time.Time {
	if st.LastSuccess.IsZero() {
		return s.ConnectedAt
	}
	return st.LastSuccess
}
