package main

import (
	"slices"
	"time"

	"bucketlake/extract"
)

// syncScope is what a sync is to read.
type syncScope struct {
	streams []extract.Stream
	from    string               // stream to begin the news with: the last run was stopped in it
	full    bool                 // everything again
	anew    map[string]time.Time // streams that are to be read again, since when: as somebody asked, perhaps some runs ago
	rest    bool                 // not the news, which have only just been read
}

// everything reports whether a full sync begins with this run.
func (c *syncScope) everything() bool {
	return c.full || len(c.streams) > 0 && !c.rest && !slices.ContainsFunc(c.streams, func(st extract.Stream) bool {
		_, anew := c.anew[st.Name]
		return !anew
	})
}

// again reports whether a stream is to be read from its beginning.
func (c *syncScope) again(stream string) bool {
	_, anew := c.anew[stream]
	return c.full || anew
}

func (c *syncScope) purposes() []extract.Purpose {
	if c.rest {
		return []extract.Purpose{extract.Backfill, extract.Sweep}
	}
	return extract.Purposes()
}

// order returns the streams in the order in which they are read for a purpose. Where the hour is never enough for all,
// each has its turn to be the first.
func (c *syncScope) order(purpose extract.Purpose, now time.Time) []extract.Stream {
	switch purpose {
	case extract.News:
		return startingWith(c.streams, c.from)
	case extract.Sweep:
		if n := len(c.streams); n > 0 {
			first := int(now.Unix()/3600) % n
			return slices.Concat(c.streams[first:], c.streams[:first])
		}
	}
	return c.streams
}
