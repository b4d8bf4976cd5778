package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// Docs documents the tables in Markdown: how they hang together, and each table with its columns.
func Docs() string {
	var b strings.Builder
	b.WriteString(`# The tables

*Written by ` + "`bucketlake tables docs`" + ` from the structs in this folder. Within a version of a table, columns are only added.*

Beside the columns shown, each table has ` + "`workspace`" + ` and, where it is partitioned, ` + "`month`" + ` (YYYY-MM): text, from the path of the
file alone. Times are UTC, to the millisecond. A column marked *personal* is what ` + "`PII`" + ` hashes or drops. Tables under *Usage* are
computed from the others: a row that no longer follows from them is removed, not marked.

`)
	b.WriteString(diagram())
	for _, part := range []struct {
		title   string
		derived bool
	}{{"Bitbucket as it is", false}, {"Usage", true}} {
		fmt.Fprintf(&b, "\n## %s\n", part.title)
		for _, t := range Tables() {
			if t.Derived == part.derived {
				t.document(&b)
			}
		}
	}
	return b.String()
}

func (t *Table) document(b *strings.Builder) {
	partition := "one object for each workspace"
	if t.Partition >= 0 {
		partition = "by month of `" + t.Columns[t.Partition].Name + "`"
	}
	var key []string
	for _, c := range t.Key {
		key = append(key, "`"+t.Columns[c].Name+"`")
	}
	fmt.Fprintf(b, "\n### %s\n\n%s\n\nVersion %d. Key: %s. Files: %s.\n\n| column | type | what it is |\n|---|---|---|\n", t.Name, t.Doc, t.Version, strings.Join(key, ", "), partition)
	for _, c := range t.Columns {
		typ := c.Type.String()
		if !c.Nullable {
			typ += ", never null"
		}
		if c.Personal {
			typ += ", personal"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", c.Name, typ, strings.ReplaceAll(c.Doc, "|", `\|`))
	}
}

// diagram shows which tables can be joined by whose key, in Mermaid.
func diagram() string {
	var b strings.Builder
	b.WriteString("```mermaid\nerDiagram\n")
	for _, t := range Tables() {
		if t.Derived {
			continue
		}
		for _, owner := range t.owners() {
			fmt.Fprintf(&b, "  %s ||--o{ %s : %s\n", owner.Name, t.Name, owner.Columns[owner.Key[len(owner.Key)-1]].Name)
		}
	}
	b.WriteString("```\n")
	return b.String()
}

// owners are the tables whose keys t has as columns, without those that another owner always has
// already: what hangs on a pull request hangs on its repository, too. Whoever is named hangs on the
// members, and not on each table about people.
func (t *Table) owners() []*Table {
	var all []*Table
	for _, o := range Tables() {
		person := o != Members && slices.ContainsFunc(o.Key, func(c int) bool { return o.Columns[c].Name == "user_uuid" })
		if o != t && !o.Derived && !person && t.has(o) && !o.has(t) {
			all = append(all, o)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(o *Table) bool {
		return slices.ContainsFunc(all, func(other *Table) bool { return other != o && other.has(o) && t.always(other) })
	})
}

// always reports whether each row of t names one of other.
func (t *Table) always(other *Table) bool {
	return !slices.ContainsFunc(other.Key, func(c int) bool { return t.Columns[t.Column(other.Columns[c].Name)].Nullable })
}

// has reports whether t has all the columns that make a row of other unique.
func (t *Table) has(other *Table) bool {
	for _, c := range other.Key {
		if t.Column(other.Columns[c].Name) < 0 {
			return false
		}
	}
	return true
}
