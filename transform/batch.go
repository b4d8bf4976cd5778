// Package transform turns Bitbucket's objects into rows of the tables, and rows into usage events
// and usage tables. It is pure: no I/O, no clock.
package transform

import (
	"fmt"
	"strconv"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

// A Batch collects the rows of what a stream read, by table.
type Batch struct {
	tables map[*schemas.Table]*schemas.Rows
	Len    int // rows in all tables
}

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

func (b *Batch) object(parent bitbucket.Parent, object any) error {
	switch o := object.(type) {
	case bitbucket.Workspace:
		b.workspace(o)
	case bitbucket.Member:
		b.member(o)
	case bitbucket.Project:
		b.project(o)
	case bitbucket.Repository:
		b.repository(o)
	case bitbucket.PullRequest:
		b.pullRequest(parent, o)
	case bitbucket.Activity:
		b.pullRequestActivity(parent, o)
	case bitbucket.Task:
		b.pullRequestTask(parent, o)
	default:
		return fmt.Errorf("no table for a %T", object)
	}
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
		b.tables[t] = &schemas.Rows{Table: t}
	}
	return b.tables[t]
}

func (b *Batch) add(t *schemas.Table, row any) {
	r := b.rows(t)
	r.Rows = append(r.Rows, row)
	b.Len++
}

// complete notes that the batch holds every row of t that hangs on parent.
func (b *Batch) complete(t *schemas.Table, parent bitbucket.Parent) {
	r := b.rows(t)
	r.Complete = append(r.Complete, scope(t, parent))
}

func scope(t *schemas.Table, parent bitbucket.Parent) schemas.Scope {
	var s schemas.Scope
	if parent.Repository != "" {
		s.Key = append(s.Key, parent.Repository)
	}
	if parent.PullRequest != 0 {
		s.Key = append(s.Key, parent.PullRequest)
	}
	if t.Partition >= 0 {
		s.Month = schemas.Month(parent.CreatedOn)
	}
	return s
}

// person is an account as the columns name it.
type person struct{ uuid, accountID, displayName, nickname, kind string }

// who names an account. Bitbucket answers null for one that was deleted.
func who(a *bitbucket.Account) person {
	if a == nil || a.UUID == "" && a.AccountID == "" {
		return person{kind: schemas.UserTypeDeleted}
	}
	kind := a.Type
	if kind == "" {
		kind = schemas.UserTypeUser
	}
	return person{a.UUID, a.AccountID, a.DisplayName, a.Nickname, kind}
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
