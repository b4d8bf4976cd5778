package schemas

import (
	"fmt"
	"strings"
)

// Docs returns the documentation of all tables, as Markdown.
func Docs() string {
	var b strings.Builder
	b.WriteString(docsHead)
	for _, part := range []struct {
		title   string
		derived bool
	}{{"Bitbucket as it is", false}, {"Use, computed from it", true}} {
		fmt.Fprintf(&b, "\n## %s\n\n| table | one row is | partition |\n|---|---|---|\n", part.title)
		for _, t := range Tables() {
			if t.Derived == part.derived {
				fmt.Fprintf(&b, "| [`%s`](#%[1]s) | %s | %s |\n", t.Name, cell(t.Doc), t.partition())
			}
		}
	}
	b.WriteString("\n## What names what\n\n" + docsDiagram + "\n```mermaid\n" + diagram() + "```\n")
	for _, t := range Tables() {
		b.WriteString("\n" + t.docs())
	}
	return b.String()
}

const docsHead = `# The tables

<!-- Written by bucketlake tables docs --write schemas/README.md from the structs in this folder. A test holds it against them. -->

How to read them:

- A table's files lie under ` + "`NAME/workspace=SLUG/`" + `, and where it is partitioned by month, under ` + "`NAME/workspace=SLUG/month=YYYY-MM/`" + `.
  The partition keys are columns of every table, as texts, and stand in the path alone
  ([why](../deploy/adr/0001-partition-keys-in-the-path.md)). ` + "`bucketlake tables ddl`" + ` declares the tables to Athena, Glue, Redshift,
  Snowflake, BigQuery and DuckDB.
- The key is unique within a workspace, and so are the rows, at any time. Rows are sorted by it.
- ` + "`deleted_at`" + ` is null while the row exists at its source: say ` + "`where deleted_at is null`" + ` for what is there now. Rows of computed tables that
  no longer follow from the others are removed instead.
- ` + "`synced_at`" + ` is when the row got its present content. It grows with every change of a table, so what changed since you last
  looked is ` + "`where synced_at > …`" + ` ([why](../deploy/adr/0002-synced-at-is-a-clock.md)).
- Times are in UTC, to the millisecond.
- *names a person*: hashed or left out as ` + "`PII`" + ` says. Texts that people write (titles, descriptions, messages, names of branches) are
  no names and stay, whatever they say; so do uuids and account ids, by which tables are joined.
- Within a version of a table, columns are added and never changed or removed.
- *from* names a field of Bitbucket's answer, or a column of another table; what stands in brackets is computed.
`

const docsDiagram = `A line leads from a table to the rows that it names by their key; the words on it are the columns. Who did something is named by
the account's uuid, which is a row of ` + "`members`" + ` only for those who hold a seat, or held one. Every row belongs to a row of
` + "`workspaces`" + `, by its partition ` + "`workspace`" + `.
`

// docs describes one table.
func (t *Table) docs() string {
	var key []string
	for _, k := range t.Key {
		key = append(key, "`"+t.Columns[k].Name+"`")
	}
	source := "Read from `GET " + strings.ReplaceAll(t.From, ", ", "`, `GET ") + "`."
	if words, ok := strings.CutPrefix(t.From, "("); ok {
		source = "Made of " + strings.TrimSuffix(words, ")") + "."
	} else if t.Derived {
		source = "Computed from `" + strings.ReplaceAll(t.From, ", ", "`, `") + "`."
	}
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n\n%s Version %d; key: %s; partition: %s.\n\n", t.Name, t.Doc, source, t.Version, strings.Join(key, ", "), t.partition())
	b.WriteString("| column | type | | what it is | from |\n|---|---|---|---|---|\n")
	for i, c := range t.Columns {
		var marks []string
		for _, m := range []struct {
			is   bool
			text string
		}{{t.IsKey(i), "key"}, {c.Nullable, "null"}, {c.Personal, "names a person"}} {
			if m.is {
				marks = append(marks, m.text)
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c.Name, c.Type, strings.Join(marks, ", "), cell(c.Doc), c.from())
	}
	return b.String()
}

func (t *Table) partition() string {
	if t.Partition < 0 {
		return "one object"
	}
	return "month of `" + t.Columns[t.Partition].Name + "`"
}

func (c *Column) from() string {
	if words, ok := strings.CutPrefix(c.From, "("); ok {
		return "(" + cell(words)
	}
	return "`" + strings.ReplaceAll(c.From, ", ", "`, `") + "`"
}

// cell makes a text one that can stand in a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// diagram draws the relations in Mermaid's language: each table with its key.
func diagram() string {
	var b strings.Builder
	b.WriteString("erDiagram\n")
	for _, r := range Relations() {
		one, many := "||", "o{"
		if r.Null || r.To.Name == accounts {
			one = "|o"
		}
		if r.Whole {
			many = "o|"
		}
		fmt.Fprintf(&b, "  %s %s--%s %s : %q\n", r.To.Name, one, many, r.From.Name, strings.Join(r.As, ", "))
	}
	for _, t := range Tables() {
		fmt.Fprintf(&b, "  %s {\n", t.Name)
		for _, k := range t.Key {
			fmt.Fprintf(&b, "    %s %s PK\n", t.Columns[k].Type, t.Columns[k].Name)
		}
		b.WriteString("  }\n")
	}
	return b.String()
}
