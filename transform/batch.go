// Package transform turns Bitbucket's objects into rows of the tables, and rows into usage events
// and usage tables. It is pure: no I/O, no clock.
package transform

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

// A Batch collects the rows of what a stream read, by table.
type Batch struct {
	Stories Stories // which keys are those of stories

	tables map[*schemas.Table]*schemas.Rows
	before map[*schemas.Table]sizes // of what was taken the last time
	Len    int                      // rows in all tables
	keys   []any                    // memory for those of scopes
	within any                      // the last one that a scope named

	// Undated counts rows that were left out: they belong in a month, and their date names none. A
	// source that says such dates must not keep the rows of all others from landing.
	Undated int
}

type sizes struct{ rows, complete int }

// Add turns objects of the API that hang on parent into rows. Complete says that they are all that
// parent has; stream names the stream that read them, and the table that is complete then.
func (b *Batch) Add(stream string, parent bitbucket.Parent, objects []any, complete bool) error {
	for _, o := range objects {
		if err := b.object(parent, o); err != nil {
			return err
		}
	}
	if complete {
		t, ok := schemas.Lookup(stream)
		if !ok {
			return fmt.Errorf("no table %q", stream)
		}
		b.complete(t, parent)
	}
	return nil
}

// Gone notes that a repository is no more. What people did in it stays: it was done.
func (b *Batch) Gone(repository string) {
	b.complete(schemas.Repositories, bitbucket.Parent{Repository: repository})
}

// makers hold what makes rows of the objects of the API, by the objects' type: see makes.
var makers = map[reflect.Type]func(*Batch, bitbucket.Parent, any){}

// makes declares that make turns objects of type O, which hang on a parent, into rows. Each type has
// one maker, which stands beside it: var _ = makes((*Batch).tag).
func makes[O any](make func(*Batch, bitbucket.Parent, O)) bool {
	object := reflect.TypeFor[O]()
	if makers[object] != nil {
		panic("two makers of rows for a " + object.String())
	}
	makers[object] = func(b *Batch, parent bitbucket.Parent, o any) { make(b, parent, o.(O)) }
	return true
}

func (b *Batch) object(parent bitbucket.Parent, object any) error {
	maker := makers[reflect.TypeOf(object)]
	if maker == nil {
		return fmt.Errorf("no table for a %T", object)
	}
	maker(b, parent, object)
	return nil
}

// Take returns the rows collected for t and forgets them.
func (b *Batch) Take(t *schemas.Table) schemas.Rows {
	rows := b.tables[t]
	delete(b.tables, t)
	if rows == nil {
		return schemas.Rows{Table: t}
	}
	b.Len -= len(rows.Rows)
	if b.before == nil {
		b.before = map[*schemas.Table]sizes{}
	}
	b.before[t] = sizes{len(rows.Rows), len(rows.Complete)}
	return *rows
}

// Tables lists the tables that rows were collected for, in the order of schemas.Tables.
func (b *Batch) Tables() []*schemas.Table {
	var tables []*schemas.Table
	for _, t := range schemas.Tables() {
		if b.tables[t] != nil {
			tables = append(tables, t)
		}
	}
	return tables
}

func (b *Batch) rows(t *schemas.Table) *schemas.Rows {
	if b.tables == nil {
		b.tables = map[*schemas.Table]*schemas.Rows{}
	}
	if b.tables[t] == nil {
		last := b.before[t]
		b.tables[t] = &schemas.Rows{Table: t, Rows: make([]any, 0, last.rows), Complete: make([]schemas.Scope, 0, last.complete)}
	}
	return b.tables[t]
}

func (b *Batch) add(t *schemas.Table, row any) {
	if _, ok := t.MonthOf(row); !ok {
		b.Undated++
		return
	}
	r := b.rows(t)
	r.Rows = append(r.Rows, row)
	b.Len++
}

// complete notes that the batch holds every row of t that hangs on parent.
func (b *Batch) complete(t *schemas.Table, parent bitbucket.Parent) {
	r := b.rows(t)
	r.Complete = append(r.Complete, b.scope(t, parent))
}

func (b *Batch) scope(t *schemas.Table, parent bitbucket.Parent) schemas.Scope {
	s := schemas.Scope{Key: b.key(parent)}
	if parent.PullRequest != 0 {
		s.Key = append(s.Key, parent.PullRequest)
	}
	if parent.Pipeline != "" {
		s.Key = append(s.Key, parent.Pipeline)
	}
	if t.Partition >= 0 {
		s.Month = schemas.Month(parent.CreatedOn)
	}
	return s
}

// key returns a scope's key that begins with the repository, where there is one, and has room for two values more. Each pull
// request is a scope: their keys share memory.
func (b *Batch) key(parent bitbucket.Parent) []any {
	const longest = 3
	if cap(b.keys)-len(b.keys) < longest {
		b.keys = make([]any, 0, 64*longest)
	}
	n := len(b.keys)
	b.keys = b.keys[:n+longest]
	key := b.keys[n : n : n+longest]
	if parent.Repository == "" {
		return key
	}
	if last, ok := b.within.(string); !ok || last != parent.Repository {
		b.within = parent.Repository
	}
	return append(key, b.within)
}

// who names an account. Bitbucket answers null for one that was deleted.
func who(a *bitbucket.Account) schemas.Account {
	if a == nil || a.UUID == "" && a.AccountID == "" {
		return schemas.Account{Type: schemas.UserTypeDeleted}
	}
	kind := a.Type
	if kind == "" {
		kind = schemas.UserTypeUser
	}
	return schemas.Account{UUID: a.UUID, AccountID: a.AccountID, DisplayName: a.DisplayName, Nickname: a.Nickname, Type: kind}
}

// author names the author of a commit or a tag, and returns what git says of them. An e-mail address
// that belongs to no account is nobody whom Bitbucket knows.
func author(a *bitbucket.Author) (by schemas.Account, raw string) {
	switch {
	case a == nil:
		return schemas.Account{Type: schemas.UserTypeUnknown}, ""
	case a.User == nil:
		return schemas.Account{Type: schemas.UserTypeUnknown}, a.Raw
	}
	return who(a.User), a.Raw
}

// texts writes a list of names as JSON, in order: Bitbucket lists them in any. None is no text.
func texts(names []string) string {
	if len(names) == 0 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(names))
	text, err := json.Marshal(sorted)
	if err != nil {
		panic(err) // texts can always be encoded
	}
	return string(text)
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
