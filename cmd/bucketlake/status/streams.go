package status

import (
	"context"
	"time"

	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
)

// Stream is what is known of a stream.
type Stream struct {
	Stream      string    `json:"stream"`
	State       string    `json:"state"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	Newest      time.Time `json:"newest_at,omitzero"`    // of the newest row by Bitbucket's clock, where the stream goes by time
	Unread      int       `json:"unread_repositories"`   // whose older rows are still to come
	ReadBackTo  time.Time `json:"read_back_to,omitzero"` // how far back the past has been read in all of them
	Rows        int       `json:"rows"`                  // that the last success read
	Requests    int       `json:"requests"`              // of the last attempt
	Seconds     float64   `json:"seconds"`               // that the last attempt took
	Anew        bool      `json:"anew,omitempty"`        // the next run reads it from the beginning
	Problem     string    `json:"problem,omitempty"`     // of the last attempt
	Remedy      string    `json:"remedy,omitempty"`      // what to do about the problem
	Disabled    string    `json:"disabled,omitempty"`    // why it is not read
	AdminOnly   bool      `json:"admin_only,omitempty"`  // that it is not read is nothing to worry about
}

// The states of a stream, as the table freshness has them, too.
const (
	StreamCurrent  = "current"  // what was new has landed
	StreamBackfill = "backfill" // and older rows are still to come
	StreamWaiting  = "waiting"  // never read
	StreamRefused  = "refused"  // the last attempt did not bring everything
	StreamDisabled = "disabled" // the grant lacks a permission
)

// StateOf names the state of a stream.
func StateOf(k *state.StreamState) string {
	switch {
	case k.Disabled != "":
		return StreamDisabled
	case k.Problem != "":
		return StreamRefused
	case k.Standing.Unread > 0:
		return StreamBackfill
	case k.LastSuccess.IsZero():
		return StreamWaiting
	}
	return StreamCurrent
}

// readStreams lists all streams, those that were never read, too.
func (r *Reader) readStreams(ctx context.Context, s *Connection) error {
	known, err := r.DB.Streams(ctx, s.WorkspaceUUID)
	if err != nil {
		return err
	}
	anew, err := r.DB.Anew(ctx, s.WorkspaceUUID)
	if err != nil {
		return err
	}
	states := map[string]state.StreamState{}
	for _, st := range known {
		states[st.Stream] = st
	}
	for _, st := range r.Streams {
		k := states[st.Name]
		// What the grant allows now may be more, or less, than what it did in the last run. Where nobody knows, Bitbucket's
		// answer in that run told.
		if s.State != oauth.Connected || len(s.Scopes) > 0 {
			k.Disabled = ""
		}
		if why := st.Disabled(s.Scopes); s.State == oauth.Connected && why != "" {
			k.Disabled = why
		}
		_, again := anew[st.Name]
		s.Streams = append(s.Streams, Stream{
			Stream: st.Name, State: StateOf(&k), LastSuccess: k.LastSuccess, Newest: k.Standing.Newest, Unread: k.Standing.Unread, ReadBackTo: k.Standing.ReadBackTo,
			Rows: k.Rows, Requests: k.Requests, Seconds: k.Elapsed.Seconds(), Anew: again,
			Problem: k.Problem, Remedy: k.Remedy, Disabled: k.Disabled, AdminOnly: st.AdminOnly,
		})
	}
	return nil
}

// Cost is what reading something from the beginning takes.
type Cost struct {
	Requests int
	Hours    float64 // under the limit, from now on; 0: those that are left are enough
	Spent    bool    // the number is what it took last time; otherwise it is the forecast
}

// Anew tells what it takes to read a stream from the beginning, or, without a name, all of them. Where neither a run nor a
// forecast has told, nobody knows: nil.
func (s *Connection) Anew(stream string) *Cost {
	b := s.Backfill
	if b == nil {
		return nil
	}
	c := Cost{Spent: !b.Ended.IsZero()}
	for _, st := range b.Streams {
		if stream != "" && st.Stream != stream {
			continue
		}
		if c.Spent && st.Spent > 0 {
			c.Requests += st.Spent
		} else {
			c.Requests += max(st.Spent, st.Forecast)
		}
	}
	if c.Requests == 0 {
		return nil
	}
	if s.RequestsLimit == 0 || c.Requests <= s.RequestsLeft() {
		return &c
	}
	c.Hours = float64(c.Requests) / (float64(s.RequestsLimit) * shareForThePast)
	if f := b.Forecast; f != nil && f.Hours > 0 && f.Requests > 0 {
		c.Hours = f.Hours * float64(c.Requests) / float64(f.Requests)
	}
	return &c
}

// shareForThePast is about what news leave of an hour.
const shareForThePast = .8
