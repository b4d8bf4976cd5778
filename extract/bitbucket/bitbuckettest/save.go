package bitbuckettest

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// saved is what Save writes: how to make the same workspace again, and the state of OAuth. Tokens are hashed, codes and sessions left out.
type saved struct {
	Version   int
	Seed      uint64
	Scale     Scale
	Workspace string
	More      []string `json:",omitempty"`
	End       time.Time
	Still     []Action `json:",omitempty"`
	Journal   []entryOfJournal
	Access    map[string]*accessToken
	Refresh   map[string]*refreshToken
	Revoked   map[string]bool
	Refreshes int
}

// Save writes what Load needs to go on in another process.
func (b *Bitbucket) Save(w io.Writer) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	b.oauth.mu.Lock()
	defer b.oauth.mu.Unlock()
	o := b.options
	err := json.NewEncoder(w).Encode(saved{
		Version: 1, Seed: o.Seed, Scale: o.Scale, Workspace: o.Workspace, More: o.MoreWorkspaces, End: o.End, Still: o.Still, Journal: b.journal,
		Access: b.oauth.access, Refresh: b.oauth.refresh, Revoked: b.oauth.revoked, Refreshes: b.oauth.refreshes,
	})
	if err != nil {
		return fmt.Errorf("saving the simulated Bitbucket: %w", err)
	}
	return nil
}

// Load makes the Bitbucket that was saved. What describes the workspace (Seed, Scale, Workspace, MoreWorkspaces, End, Still) comes from r, the rest from
// o. The rate limit, faults, hooks and request counts start anew; codes that were not exchanged are lost.
func Load(o Options, r io.Reader) (*Bitbucket, error) {
	var s saved
	if err := json.NewDecoder(r).Decode(&s); err != nil {
		return nil, fmt.Errorf("loading the simulated Bitbucket: %w", err)
	}
	if s.Version != 1 {
		return nil, fmt.Errorf("loading the simulated Bitbucket: version %d is not known", s.Version)
	}
	o.Seed, o.Scale, o.Workspace, o.MoreWorkspaces, o.End, o.Still = s.Seed, s.Scale, s.Workspace, s.More, s.End, s.Still
	b := New(o)
	for _, e := range s.Journal {
		if e.Do == "advance" {
			b.Advance(e.N)
		} else if err := b.act(e.Do, e.Args...); err != nil {
			return nil, fmt.Errorf("loading the simulated Bitbucket: %w", err)
		}
	}
	b.oauth.mu.Lock()
	defer b.oauth.mu.Unlock()
	for name, t := range s.Access {
		b.oauth.access[name] = t
	}
	for name, t := range s.Refresh {
		b.oauth.refresh[name] = t
	}
	for id := range s.Revoked {
		b.oauth.revoked[id] = true
	}
	b.oauth.refreshes = s.Refreshes
	return b, nil
}
