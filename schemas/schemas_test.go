package schemas_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bucketlake/schemas"
)

var update = flag.Bool("update", false, "write the golden files anew")

// described writes the tables as the golden file has them.
func described() string {
	var b strings.Builder
	for _, table := range schemas.Tables() {
		partition := "none"
		if table.Partition >= 0 {
			partition = table.Columns[table.Partition].Name
		}
		fmt.Fprintf(&b, "%s version %d, month of: %s\n", table.Name, table.Version, partition)
		for i, c := range table.Columns {
			fmt.Fprintf(&b, "  %2d %s %s", i+1, c.Name, c.Type)
			if table.IsKey(i) {
				b.WriteString(" key")
			}
			if c.Nullable {
				b.WriteString(" null")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// TestSchemas holds the tables against those of the golden file, on which readers may have built. What
// breaks the contract is not written there, either.
func TestSchemas(t *testing.T) {
	const file = "testdata/schemas.txt"
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	broken := breaches(string(before), described())
	for _, b := range broken {
		t.Error(b)
	}
	if len(broken) == 0 {
		golden(t, file, described())
	}
}

// breaches says what of the tables of before is not kept in those of now: within a version, columns
// are added, and may be null, because files that are there lack them.
func breaches(before, now string) []string {
	var all []string
	is := tablesOf(now)
	for name, was := range tablesOf(before) {
		table, ok := is[name]
		switch {
		case !ok:
			all = append(all, "table "+name+" is gone: readers may have built on it")
			continue
		case table.version < was.version:
			all = append(all, "table "+name+" goes back to an older version")
		case table.version > was.version:
			continue
		case table.partition != was.partition:
			all = append(all, "table "+name+" has another partition: give it a new version")
		}
		if kept := table.order[:min(len(was.order), len(table.order))]; len(kept) == len(was.order) && !slices.Equal(kept, was.order) {
			all = append(all, "table "+name+" has a new column before others: add it behind them, where it leaves their field ids alone")
		}
		for column, says := range was.columns {
			if table.columns[column] != says {
				all = append(all, fmt.Sprintf("column %s.%s was %q and is %q: give the table a new version", name, column, says, table.columns[column]))
			}
		}
		for column, says := range table.columns {
			if was.columns[column] == "" && (strings.Contains(says, " key") || !strings.HasSuffix(says, " null")) {
				all = append(all, fmt.Sprintf("column %s.%s is new and %q: it has to be null in the files that are there, or the table needs a new version", name, column, says))
			}
		}
	}
	slices.Sort(all)
	return all
}

type tableText struct {
	version   int
	partition string
	columns   map[string]string // type and marks; of a key its place, too
	order     []string          // of the columns, but for those that end every table
}

func tablesOf(text string) map[string]tableText {
	all := map[string]tableText{}
	var name string
	keys := 0
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, " ") {
			name, keys = fields[0], 0
			table := tableText{partition: fields[len(fields)-1], columns: map[string]string{}}
			_, _ = fmt.Sscanf(fields[2], "%d,", &table.version)
			all[name] = table
			continue
		}
		says := strings.Join(fields[2:], " ")
		if slices.Contains(fields, "key") {
			keys++
			says = fmt.Sprintf("%s, number %d of the key", says, keys)
		}
		table := all[name]
		table.columns[fields[1]] = says
		if fields[1] != "synced_at" && fields[1] != "deleted_at" {
			table.order = append(table.order, fields[1])
		}
		all[name] = table
	}
	return all
}

// TestFieldIDs adds a column to a table: the others keep the ids that files know them by.
func TestFieldIDs(t *testing.T) {
	ids := func(table *schemas.Table) map[string]string {
		all := map[string]string{}
		for _, f := range table.Arrow().Fields() {
			id, _ := f.Metadata.GetValue("PARQUET:field_id")
			all[f.Name] = id
		}
		return all
	}
	before := *schemas.Tags
	after := before
	landing := len(before.Columns) - 2
	after.Columns = slices.Insert(slices.Clone(before.Columns), landing, schemas.Column{Name: "added", Nullable: true})
	is := ids(&after)
	for name, id := range ids(&before) {
		if is[name] != id {
			t.Errorf("%s had the field id %s and has %s", name, id, is[name])
		}
	}
	if is["synced_at"] != "1" || is["deleted_at"] != "2" || is["added"] != fmt.Sprint(len(after.Columns)) {
		t.Errorf("field ids %v", is)
	}
}

func TestBreaches(t *testing.T) {
	const before = "a version 1, month of: c\n   1 k string key\n   2 l string key\n   3 c date\n   4 n bigint null\n"
	for _, test := range []struct{ name, from, to, want string }{
		{"nothing", "", "", ""},
		{"an added column", "null\n", "null\n   5 d date null\n", ""},
		{"an added column before another", "   3 c date\n", "   3 c date\n   4 d date null\n", "behind them"},
		{"an added column that can't be null", "   3 c date\n", "   3 c date\n   4 d date\n", "a.d is new"},
		{"an added key", "   3 c date\n", "   3 c date\n   4 d date key null\n", "a.d is new"},
		{"a removed column", "   4 n bigint null\n", "", "column a.n was"},
		{"another type", "bigint", "int", "column a.n was"},
		{"null no more", "bigint null", "bigint", "column a.n was"},
		{"another order of the key", "   1 k string key\n   2 l string key\n", "   1 l string key\n   2 k string key\n", "column a.k was"},
		{"another partition", "of: c", "of: d", "another partition"},
		{"a removed table", "a version", "b version", "table a is gone"},
		{"a new version", "version 1, month of: c\n   1 k string key\n", "version 2, month of: d\n", ""},
		{"an older version", "version 1", "version 0", "goes back"},
	} {
		got := strings.Join(breaches(before, strings.Replace(before, test.from, test.to, 1)), "; ")
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// reserved are words that one of the engines keeps for itself.
var reserved = []string{
	"all", "column", "comment", "commit", "current_user", "date", "day", "end", "from", "group", "index", "interval", "key", "language", "order",
	"partition", "position", "primary", "role", "rows", "select", "start", "table", "time", "timestamp", "to", "type", "user", "values", "view",
}

func TestNamesNeedNoQuotes(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	for _, table := range schemas.Tables() {
		if !name.MatchString(table.Name) {
			t.Errorf("table %s: its name needs quotes", table.Name)
		}
		if table.Doc == "" || len(table.Key) == 0 {
			t.Errorf("table %s has no doc or no key", table.Name)
		}
		seen := map[string]bool{"workspace": true, "month": true} // those of the path
		for _, c := range table.Columns {
			if !name.MatchString(c.Name) || slices.Contains(reserved, c.Name) {
				t.Errorf("%s.%s: the name needs quotes in some engine", table.Name, c.Name)
			}
			if seen[c.Name] {
				t.Errorf("%s.%s: the name is taken", table.Name, c.Name)
			}
			seen[c.Name] = true
			if c.Doc == "" {
				t.Errorf("%s.%s has no doc", table.Name, c.Name)
			}
		}
		if !seen["synced_at"] || !seen["deleted_at"] {
			t.Errorf("%s lacks synced_at or deleted_at", table.Name)
		}
	}
}

var (
	// perhapsPersonal matches the names of columns that may name a person, and their sources.
	perhapsPersonal = regexp.MustCompile(`(^|[_.])(name|names|nick|nickname|username|mail|email|raw|author|person|identity_id)$`)
	// namesThings are those of them that don't.
	namesThings = []string{
		"branches.branch_name", "tags.tag_name", "downloads.file_name", "environments.name", "environments.environment_type", "environments.lock_state",
		"workspaces.name", "projects.name", "repositories.name", "repositories.full_name", "repositories.main_branch",
		"deployments.release_name", "deployments.state", "deployments.status_name",
		"pipeline_steps.name", "pipeline_steps.trigger_name", "pipeline_steps.state", "pipeline_steps.result_name",
		"pipelines.ref_name", "pipelines.trigger_name", "pipelines.state", "pipelines.result_name",
		"pull_requests.source_branch", "pull_requests.destination_branch",
		"branches.story_keys", "feature_configuration.project_name", "feature_usage_daily.project_name", "usage_events.project_name",
	}
)

// TestColumnsThatNamePeople asks of each column that may name a person for the tag that says so, or for
// an entry among those that name things.
func TestColumnsThatNamePeople(t *testing.T) {
	used := map[string]bool{}
	for _, table := range schemas.Tables() {
		for _, c := range table.Columns {
			name := table.Name + "." + c.Name
			suspect := perhapsPersonal.MatchString(c.Name) || slices.ContainsFunc(strings.Split(c.From, ", "), perhapsPersonal.MatchString)
			thing := slices.Contains(namesThings, name)
			used[name] = suspect && thing
			switch {
			case suspect && !thing && !c.Personal:
				t.Errorf("%s may name a person: give it the tag pii, or enter it among namesThings", name)
			case c.Personal && (thing || !suspect):
				t.Errorf("%s has the tag pii, and looks like no name of a person", name)
			}
		}
	}
	for _, name := range namesThings {
		if !used[name] {
			t.Errorf("%s is no column that may name a person", name)
		}
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]schemas.Date{
		"1970-01-01T00:00:00Z": 0, "1970-01-02T23:59:59Z": 1, "1969-12-31T23:59:59Z": -1, "2026-10-01T01:00:00+02:00": 20726,
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := schemas.DateOf(at); got != want || got.Time().After(at) {
			t.Errorf("%s: day %d, want %d", text, got, want)
		}
	}
}
