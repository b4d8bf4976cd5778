// Package bitbuckettest simulates Bitbucket Cloud: the REST API 2.0, OAuth and its consent page, over one generated workspace that lives.
//
// It is an independent statement of what Bitbucket does, so it imports nothing of the product. Its rule: never kinder than Bitbucket. Where
// Bitbucket loses rows, answers text for JSON, drops a misspelt field or keeps silent about a limit, so does the simulation; where Bitbucket's
// behaviour is not published, a comment that begins with "Assumed" says what was chosen, and the choice is the one that is harder on a client.
//
// The workspace is made by a seed: the same Seed, Scale and End give the same bytes. The history is the first part of one endless life, made
// by the same steps as what Advance adds later. Life has a clock of its own: the changes after End are stamped with the times that follow it,
// not with the wall clock, so that a life can be repeated. Options.Now is the clock of tokens and of the rate limit only.
package bitbuckettest

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Scale is the size of the generated workspace at Options.End.
type Scale struct {
	Members      int // seats, of which about 15 % were never used
	Repositories int
	PullRequests int
	Months       int // how far the history reaches back
}

// DefaultScale is a team of sixty after a year.
var DefaultScale = Scale{Members: 60, Repositories: 40, PullRequests: 2000, Months: 12}

// A Consumer is an OAuth client as an administrator registers it.
type Consumer struct {
	ID, Secret string
	// Callback is the registered address; a redirect_uri must equal or extend it. Several may be given, separated by spaces, and a port may be *
	// (any), which Bitbucket itself doesn't offer but programs that listen on loopback need. Empty: none registered, so that no consent is possible.
	Callback string
	Scopes   []string // what is ticked on the consumer; nil: DefaultScopes
}

// DefaultScopes is the read-only set.
var DefaultScopes = []string{"account", "project", "repository", "pullrequest", "pipeline", "webhook", "snippet"}

// AllScopes has repository:admin too, without which branch restrictions are not shown.
var AllScopes = append(slices.Clone(DefaultScopes), "repository:admin")

// DefaultConsumer is what Options.Consumers holds when it is empty: any loopback callback.
var DefaultConsumer = Consumer{ID: "demo-client", Secret: "demo-secret", Callback: "http://127.0.0.1:*/ http://localhost:*/"}

// Options make a Bitbucket. The zero value is useful.
type Options struct {
	Seed            uint64
	Scale           Scale            // zero: DefaultScale
	Workspace       string           // slug; default "acme"
	MoreWorkspaces  []string         // slugs of further workspaces that the administrators reach: empty ones, to choose among
	End             time.Time        // when the generated history ends; default the midnight (UTC) before Now
	Now             func() time.Time // clock of tokens and the rate limit; default time.Now
	Consumers       []Consumer       // default DefaultConsumer
	TokenLife       time.Duration    // of access tokens; 0: two hours, as at Bitbucket
	RequestsPerHour int              // rolling hour per consumer and group of resources; 0: 1000; < 0: no limit
	Latency         time.Duration    // before every answer
	SortLimit       int              // a repository, or an author, with more pull requests than this answers 500 to sort with four states; 0: 1000
	PageLimit       int              // rows on a page at most, whatever is asked for; 0: what each list allows. Many pages of few rows are as hard as few of many
	Still           []Action         // actions that leave a pull request's updated_on where it was; which ones do is not published, so default none
	StillWhileOpen  bool             // they do so only while it is open
}

// Bitbucket is the simulated service. All methods are safe for concurrent use.
type Bitbucket struct {
	options Options

	mu      sync.RWMutex // guards world and journal
	world   *world
	journal []entryOfJournal

	oauth  oauthState
	limits limiter
	faults faults
	counts counter

	hookMu sync.Mutex
	hooks  []func(*http.Request)
}

// New generates the workspace and its history.
func New(o Options) *Bitbucket {
	o = o.withDefaults()
	b := &Bitbucket{options: o, world: newWorld(o)}
	b.world.liveUntil(o.End)
	b.oauth.init(o.TokenLife)
	b.counts.reset()
	return b
}

func (o Options) withDefaults() Options {
	if o.Scale == (Scale{}) {
		o.Scale = DefaultScale
	}
	o.Scale.Members = max(o.Scale.Members, 4)
	o.Scale.Repositories = max(o.Scale.Repositories, 1)
	o.Scale.PullRequests = max(o.Scale.PullRequests, 0)
	o.Scale.Months = max(o.Scale.Months, 1)
	if o.Workspace == "" {
		o.Workspace = "acme"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.End.IsZero() {
		o.End = o.Now().UTC().Truncate(24 * time.Hour)
	}
	o.End = o.End.UTC().Truncate(time.Microsecond)
	if len(o.Consumers) == 0 {
		o.Consumers = []Consumer{DefaultConsumer}
	}
	if o.RequestsPerHour == 0 {
		o.RequestsPerHour = 1000
	}
	if o.TokenLife == 0 {
		o.TokenLife = accessLife
	}
	if o.SortLimit == 0 {
		o.SortLimit = 1000
	}
	return o
}

// BeforeRequest registers f to be called at the beginning of every API request, without locks held: tests advance the life there, in the
// middle of a client's paging.
func (b *Bitbucket) BeforeRequest(f func(*http.Request)) {
	b.hookMu.Lock()
	defer b.hookMu.Unlock()
	b.hooks = append(b.hooks, f)
}

func (b *Bitbucket) runHooks(r *http.Request) {
	b.hookMu.Lock()
	hooks := b.hooks[:len(b.hooks):len(b.hooks)]
	b.hookMu.Unlock()
	for _, f := range hooks {
		f(r)
	}
}

// An Action is one kind of change in the life of a workspace.
type Action string

// The actions of a life.
const (
	Opened           Action = "opened"
	Pushed           Action = "pushed"
	Edited           Action = "edited" // title or description
	Readied          Action = "readied"
	Commented        Action = "commented"
	CommentDeleted   Action = "comment_deleted"
	Approved         Action = "approved"
	ChangesRequested Action = "changes_requested"
	TaskCreated      Action = "task_created"
	TaskResolved     Action = "task_resolved"
	TaskReopened     Action = "task_reopened"
	TaskDeleted      Action = "task_deleted"
	Merged           Action = "merged"
	Declined         Action = "declined"
	Superseded       Action = "superseded"
	Attached         Action = "attached" // leaves an entry in the activity that says nothing
	ForkDeleted      Action = "fork_deleted"
	Tagged           Action = "tagged"
	Uploaded         Action = "uploaded" // a download
	SnippetCreated   Action = "snippet_created"
	CommentResolved  Action = "comment_resolved"
	BuildBegun       Action = "build_begun"
	BuildEnded       Action = "build_ended"
	Deployed         Action = "deployed"
	Configured       Action = "configured" // something that has no actor: a webhook, a branch restriction
)

// A Change is what one step of the life did.
type Change struct {
	Time        time.Time
	Action      Action
	Repository  string // slug
	PullRequest int
	User        string // uuid of who did it; "" where nobody of this workspace did
}

// Advance applies the next n changes of the life and returns them. They may be fewer only where nothing ever happens (no pull requests).
func (b *Bitbucket) Advance(n int) []Change {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.record(entryOfJournal{Do: "advance", N: n})
	return b.world.advance(n)
}

// AdvanceUntil applies the changes of the life that come at t or before, and returns them.
func (b *Bitbucket) AdvanceUntil(t time.Time) []Change {
	b.mu.Lock()
	defer b.mu.Unlock()
	var done []Change
	for len(b.world.queue) > 0 && !b.world.queue[0].at.After(t) {
		if c := b.world.step(); c != nil {
			done = append(done, *c)
		}
	}
	if len(done) > 0 {
		b.record(entryOfJournal{Do: "advance", N: len(done)})
	}
	return done
}

// LastChange is the time of the latest change, by the clock of the life.
func (b *Bitbucket) LastChange() time.Time {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.world.last
}
