//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"time"

	"bucketlake/extract/bitbucket"
	"bucketlake/extract/bitbucket/bitbuckettest"
)

const (
	perRepository = 2000 // pull requests
	perPage       = 50
	months        = 48 // that each repository's pull requests reach back
)

// newest is when the newest pull request was opened.
var newest = time.Date(2026, 10, 28, 12, 0, 0, 0, time.UTC)

// A template is a pull request as the simulated Bitbucket shows it, taken apart where copies of it differ: the pieces
// of its text, and between them what stands there.
type template struct {
	pieces [][]byte
	slots  []slot
}

type slot int

const (
	slotID slot = iota
	slotWord
	slotSource
	slotDestination
	slotMerge
	slotCreated
	slotUpdated
	slotClosed
	slots
)

// makePages writes a file of pages of pull requests, a line each, repository by repository and newest first, as a
// backfill reads them; with news, only the first hundredth of each repository. Each begins with its repository's uuid, which Bitbucket does not say there and DuckDB needs.
func makePages(ctx context.Context, o options) error {
	templates, err := templates(ctx, o.full)
	if err != nil {
		return err
	}
	f, err := os.Create(o.pages)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	var page []byte
	for first := 0; first < o.make; first += perPage {
		if o.news && first%perRepository != 0 {
			continue
		}
		page = fmt.Appendf(page[:0], `{"repository":%q,"size":%d,"values":[`, repository(first/perRepository), perRepository)
		for i := first; i < min(first+perPage, o.make); i++ {
			if o.news && i-first >= perRepository/100 {
				break
			}
			if i > first {
				page = append(page, ',')
			}
			random := rand.New(rand.NewPCG(uint64(i), 2)) // always the same one
			page = templates[random.IntN(len(templates))].write(page, i, random)
		}
		page = append(page, "]}\n"...)
		if _, err := w.Write(page); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// repository is the uuid of the n-th one: they don't come in order.
func repository(n int) string {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	return fmt.Sprintf("{%08x-%04x-4%03x-a%03x-%012x}", r.Uint32(), r.Uint32()>>16, r.Uint32()>>20, r.Uint32()>>20, r.Uint64()>>16)
}

// write appends the i-th pull request.
func (t *template) write(page []byte, i int, random *rand.Rand) []byte {
	at := i % perRepository
	created := newest.Add(-time.Duration(at)*(months*30*24*time.Hour/perRepository) - time.Duration(random.Int64N(int64(time.Hour))))
	updated := created.Add(time.Duration(random.Int64N(int64(14 * 24 * time.Hour))))
	var values [slots]string
	values[slotID] = strconv.Itoa(perRepository - at)
	values[slotWord] = strconv.FormatUint(random.Uint64()>>24, 36)
	for _, s := range []slot{slotSource, slotDestination, slotMerge} {
		values[s] = fmt.Sprintf("%012x", random.Uint64()>>16)
	}
	for s, at := range map[slot]time.Time{slotCreated: created, slotUpdated: updated, slotClosed: updated} {
		values[s] = at.Format("2006-01-02T15:04:05.000000-07:00")
	}
	for k, piece := range t.pieces {
		page = append(page, piece...)
		if k < len(t.slots) {
			page = append(page, values[t.slots[k]]...)
		}
	}
	return page
}

// templates reads the pull requests of the simulated Bitbucket.
func templates(ctx context.Context, full bool) ([]*template, error) {
	b := bitbuckettest.New(bitbuckettest.Options{Seed: 1, End: newest, RequestsPerHour: -1})
	get := func(path string, query url.Values, v any) error {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/2.0"+path+"?"+query.Encode(), nil)
		r.Header.Set("Authorization", "Bearer "+b.AccessToken(1<<30, bitbuckettest.DefaultScopes...))
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			return fmt.Errorf("GET %s: %d %s", path, w.Code, w.Body)
		}
		return json.Unmarshal(w.Body.Bytes(), v)
	}
	var repositories bitbucket.Page[bitbucket.Repository]
	if err := get("/repositories/acme", url.Values{"pagelen": {"100"}}, &repositories); err != nil {
		return nil, err
	}
	query := url.Values{"pagelen": {"50"}, "state": {"OPEN", "MERGED", "DECLINED", "SUPERSEDED"}}
	if !full {
		query.Set("fields", "next,size,"+bitbucket.Fields[bitbucket.PullRequest]("values."))
	} else {
		query.Set("fields", "+values.participants,+values.closed_on,+values.reviewers")
	}
	var all []*template
	for _, r := range repositories.Values {
		var page bitbucket.Page[json.RawMessage]
		if err := get(bitbucket.Path("/repositories/acme/%s/pullrequests", r.UUID), query, &page); err != nil {
			return nil, err
		}
		for _, text := range page.Values {
			t, err := newTemplate(text)
			if err != nil {
				return nil, err
			}
			all = append(all, t)
		}
	}
	return all, nil
}

func newTemplate(text json.RawMessage) (*template, error) {
	var pr bitbucket.PullRequest
	var raw struct {
		CreatedOn string `json:"created_on"`
		UpdatedOn string `json:"updated_on"`
		ClosedOn  string `json:"closed_on"`
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &pr); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	t := &template{pieces: [][]byte{compact.Bytes()}}
	title, err := json.Marshal(pr.Title)
	if err != nil {
		return nil, err
	}
	t.cut(`"title":`+string(title[:len(title)-1]), "", `"`, slotWord)
	t.cut(`"id":`, strconv.FormatInt(pr.ID, 10), `,`, slotID)
	if pr.Source.Branch != nil {
		t.cut(`"name":"`+pr.Source.Branch.Name, "", `"`, slotWord)
	}
	for s, e := range map[slot]*bitbucket.Commit{slotSource: pr.Source.Commit, slotDestination: pr.Destination.Commit, slotMerge: pr.MergeCommit} {
		if e != nil {
			t.cut("", e.Hash, "", s)
		}
	}
	t.cut(`"created_on":"`, raw.CreatedOn, `"`, slotCreated)
	t.cut(`"updated_on":"`, raw.UpdatedOn, `"`, slotUpdated)
	if raw.ClosedOn != "" {
		t.cut(`"closed_on":"`, raw.ClosedOn, `"`, slotClosed)
	}
	return t, nil
}

// cut puts a slot in the place of each value that stands between two texts.
func (t *template) cut(before, value, after string, s slot) {
	var pieces [][]byte
	var slots []slot
	for k, piece := range t.pieces {
		for {
			at := bytes.Index(piece, []byte(before+value+after))
			if at < 0 {
				break
			}
			pieces, slots = append(pieces, piece[:at+len(before)]), append(slots, s)
			piece = piece[at+len(before)+len(value):]
		}
		pieces = append(pieces, piece)
		if k < len(t.slots) {
			slots = append(slots, t.slots[k])
		}
	}
	t.pieces, t.slots = pieces, slots
}
