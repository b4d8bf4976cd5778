// Package extract reads Bitbucket: one Stream a resource, each in the way that loses nothing
// however the workspace changes meanwhile and wherever the reading is cut off.
package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"bucketlake/extract/bitbucket"
)

// A Stream is one resource of Bitbucket.
type Stream struct {
	Name   string   // of the resource, of the table that it feeds first, and of its cursor
	Scopes []string // that the grant needs

	// AdminOnly says that few grants can read it, as only administrators may. Without the scopes it is left out, and
	// nothing is the matter.
	AdminOnly bool

	OptIn bool // costs so many requests that it is read only where somebody asks for it

	Reader
}

// A Reader reads what is new since a position.
type Reader interface {
	// Read reads for the source's purpose. It ends at the first error.
	Read(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error]

	// Standing tells how a position stands in each repository; nothing of a stream that is not read by repository.
	Standing(cursor json.RawMessage) ([]Standing, error)
}

// Standing is how far a stream has come in one repository.
type Standing struct {
	Repository string    // uuid
	Asked      time.Time // the beginning of the run that last read all that was new; zero: not yet, or it is not asked for
	Mark       time.Time // time of the newest row by Bitbucket's clock, where there is one
	More       bool      // whether older rows are still to be read
	Past       time.Time // time of the oldest row then, where it is known
	Refused    int       // times in a row that Bitbucket refused it
	Ended      time.Time // when a pipeline was last found to have ended, by our clock; of pipelines alone
}

// readFunc is a Reader that is not by repository.
type readFunc func(context.Context, Source, json.RawMessage) iter.Seq2[Chunk, error]

// Read implements Reader.
func (f readFunc) Read(ctx context.Context, src Source, cursor json.RawMessage) iter.Seq2[Chunk, error] {
	return f(ctx, src, cursor)
}

// Standing implements Reader.
func (readFunc) Standing(json.RawMessage) ([]Standing, error) { return nil, nil }

// A LandedPullRequest is what is known of a pull request that has landed.
type LandedPullRequest struct {
	Updated time.Time // updated_on
	At      time.Time // when it landed as it stands there, by our clock: it was read before, by landing at most
}

// Source is one workspace, as a stream reads it: from the API, and, for what its objects hang on,
// from what has landed already.
type Source struct {
	Client    *bitbucket.Client
	Workspace string // slug

	Purpose Purpose

	// Now is when the run began. Every is how old what was read of a list that changes slowly may grow before it is
	// read again, and Quiet how long a repository in which nothing seems to happen may go unasked; 0: it is asked in
	// every run.
	Now   time.Time
	Every time.Duration
	Quiet time.Duration

	PerHour  int // requests that may be spent in an hour; 0: no limit
	patience time.Duration
	clock    *clock

	// Full says that everything is read again: rows have landed of which the cursor knows nothing.
	Full bool

	// Landed returns how many rows that are not deleted the stream's table holds.
	Landed func() int64

	// Repositories returns the repositories that have landed, in the order of their uuids.
	Repositories func(context.Context) ([]Repository, error)

	// Rhythm returns when something happened in the workspace in the last weeks. Nil: nobody knows.
	Rhythm func(context.Context) (Rhythm, error)

	// PullRequest tells how a pull request has landed; zero where it has not, or has been closed for long.
	PullRequest func(ctx context.Context, repository string, pullRequest int64) (LandedPullRequest, error)

	// Heads returns the commits that the branches of a repository stood at when they landed, in order
	// and each once.
	Heads func(ctx context.Context, repository string) ([]string, error)

	// Pipelines returns the pipelines of a repository that have ended and whose landed content changed
	// after since, in the order of the change, those of one change by uuid.
	Pipelines func(ctx context.Context, repository string, since time.Time) ([]PipelineChange, error)

	// PullRequests returns the pull requests whose landed content changed after since, in the order
	// of the change, those of one change by repository and number.
	PullRequests func(ctx context.Context, since time.Time) ([]PullRequestChange, error)
}

// PullRequestChange names a pull request that landed with new content.
type PullRequestChange struct {
	Repository string
	ID         int64
	CreatedOn  time.Time
	UpdatedOn  time.Time
	Open       bool
	Comments   int64     // that it counts
	Tasks      int64     // open ones that it counts
	Changed    time.Time // the landing's clock, not Bitbucket's
}

// PipelineChange names a pipeline that has ended.
type PipelineChange struct {
	UUID      string
	CreatedOn time.Time
	Changed   time.Time // the landing's clock, not Bitbucket's
}

// Chunk is what a stream read at one go.
type Chunk struct {
	Parent  bitbucket.Parent
	Objects []any // of the type of the stream's objects in package bitbucket

	// Complete says that Objects are all that Parent has: whatever else has landed below it is gone.
	Complete bool

	// Empty says that this counts once the grant is known to reach the workspace: the last list was empty, although there are
	// Objects (what it comes to, or what was asked for by name), or a refusal says that there is nothing any more.
	Empty bool

	// Cursor is the stream's position once the objects of this chunk and of all chunks before it
	// have landed. It may be encoded until the next chunk is asked for. Nil: the stream has none.
	Cursor any

	// Done of Total parents have been read, where the stream has several.
	Done, Total int

	// Gone says that the parent, a repository, is no more. Err is nil then.
	Gone bool

	// Withheld says why Parent has nothing of this to show: the account lacks the rights of an
	// administrator there, the feature is off, or Bitbucket has retired it. That is no fault.
	Withheld error

	// Err says that Parent could not be read and was left behind, with its position; the stream
	// goes on.
	Err error
}

// overlap is how far before its mark a reading starts again, for rows that became visible late.
const overlap = 5 * time.Minute

// landing is how long it may take at most from a row's reading to its landing: batches land every some requests.
const landing = time.Hour

// outage is at how many parents in a row Bitbucket fails when it is down, and not just at one of them.
const outage = 3

// oneAnswer reports whether err is about one answer of the API: it says nothing about the next one,
// unless it goes on.
func oneAnswer(err error) bool {
	var e *bitbucket.Error
	if errors.As(err, &e) {
		return len(e.Scopes) == 0 && e.Status != http.StatusUnauthorized && e.Status != http.StatusTooManyRequests
	}
	return errors.Is(err, bitbucket.ErrNonsense) || errors.Is(err, bitbucket.ErrUnfinished) || errors.Is(err, errUnsorted) || errors.Is(err, errUnsteady) || errors.Is(err, bitbucket.ErrTooLarge) ||
		errors.Is(err, bitbucket.ErrForeignLink) || errors.Is(err, bitbucket.ErrLinkLoop)
}

// position decodes a stream's cursor into c. No cursor is the zero position.
func position(raw json.RawMessage, c any) error {
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, c); err != nil {
		return fmt.Errorf("reading the cursor: %w", err)
	}
	return nil
}

func anys[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// ErrEmptied is a list that is empty although rows have landed from it. A grant that has lost its
// reach answers with such lists, so it is never taken for a deletion.
var ErrEmptied = errors.New("Bitbucket answers with an empty list where it had rows before; nothing is deleted: check that the connected account still has access, then run bucketlake connect")

// Reaches makes sure that the grant still reaches the workspace, or returns ErrEmptied. One that has lost its reach answers
// with empty lists: whoever was given one, and is about to believe it, asks here afterwards.
func Reaches(ctx context.Context, src Source) error {
	repositories, err := src.Repositories(ctx)
	if err != nil || len(repositories) == 0 {
		return err // nothing that could be lost has landed
	}
	for page, err := range bitbucket.Pages[bitbucket.Repository](ctx, src.Client, bitbucket.Path("/repositories/%s", src.Workspace), 1, nil) {
		if err == nil && len(page.Values) == 0 {
			err = ErrEmptied
		}
		return err
	}
	return nil
}
