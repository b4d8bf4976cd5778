package load_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/google/go-cmp/cmp"

	"bucketlake/load"
	"bucketlake/load/loadtest"
	"bucketlake/schemas"
)

const lakeAt = "s3://bucket/lake"

var tasks = schemas.PullRequestTasks

// catalog opens a catalogue, perhaps in another way than usually.
func catalog(t *testing.T, g *loadtest.Glue, change ...func(*load.CatalogOptions)) *load.Catalog {
	t.Helper()
	place, err := load.ParsePlace(lakeAt)
	if err != nil {
		t.Fatal(err)
	}
	o := load.CatalogOptions{Database: g.Database, Lake: place, Writer: "bucketlake/test", Endpoint: g.URL}
	for _, c := range change {
		c(&o)
	}
	c, err := load.OpenCatalog(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// register registers the tasks of the workspace acme.
func register(t *testing.T, c *load.Catalog, l *load.Lake) load.Registration {
	t.Helper()
	all, err := c.Register(t.Context(), l, []*schemas.Table{tasks}, []string{"acme"})
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// entry returns what the catalogue has of the tasks: the table, and the locations and columns of its partitions.
func entry(t *testing.T, g *loadtest.Glue) (*types.Table, map[string]types.Partition) {
	t.Helper()
	table, err := g.Client().GetTable(t.Context(), &glue.GetTableInput{DatabaseName: &g.Database, Name: &tasks.Name})
	if err != nil {
		t.Fatal(err)
	}
	out, err := g.Client().GetPartitions(t.Context(), &glue.GetPartitionsInput{DatabaseName: &g.Database, TableName: &tasks.Name})
	if err != nil {
		t.Fatal(err)
	}
	partitions := map[string]types.Partition{}
	for _, p := range out.Partitions {
		partitions[strings.Join(p.Values, "/")] = p
	}
	return table.Table, partitions
}

// edit changes the table as a person would.
func edit(t *testing.T, g *loadtest.Glue, change func(*types.TableInput)) {
	t.Helper()
	have, _ := entry(t, g)
	next := &types.TableInput{
		Name: have.Name, Description: have.Description, Owner: have.Owner, Parameters: have.Parameters, PartitionKeys: have.PartitionKeys,
		StorageDescriptor: have.StorageDescriptor, TableType: have.TableType, Retention: have.Retention,
	}
	change(next)
	if _, err := g.Client().UpdateTable(t.Context(), &glue.UpdateTableInput{DatabaseName: &g.Database, TableInput: next}); err != nil {
		t.Fatal(err)
	}
}

func columnNames(columns []types.Column) (names []string) {
	for _, c := range columns {
		names = append(names, *c.Name)
	}
	return names
}

func TestCatalogRegisters(t *testing.T) {
	g, l := loadtest.NewGlue(t), newLake(t)
	commit(t, l, 0, base())
	c := catalog(t, g)
	want := load.Registration{
		Table: "pull_request_tasks", Created: true, Notes: []string{"made the database " + g.Database},
		Added: []string{"workspace=acme/month=2026-08", "workspace=acme/month=2026-09", "workspace=acme/month=2026-10"},
	}
	if diff := cmp.Diff(want, register(t, c, l)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	table, partitions := entry(t, g)
	if diff := cmp.Diff(map[string]string{"classification": "parquet", "EXTERNAL": "TRUE", "bucketlake.table_version": "1", "bucketlake.writer": "bucketlake/test"}, table.Parameters); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s := table.StorageDescriptor; *s.Location != lakeAt+"/pull_request_tasks/" || !strings.HasSuffix(*s.SerdeInfo.SerializationLibrary, "ParquetHiveSerDe") ||
		len(s.Columns) != len(tasks.Columns) || *s.Columns[0].Comment != tasks.Columns[0].Doc || strings.Join(columnNames(table.PartitionKeys), " ") != "workspace month" {
		t.Errorf("the table is %+v", table)
	}
	// Whoever asks for a month reads its folder, which has what is current and nothing else.
	p := partitions["acme/2026-09"]
	if p.StorageDescriptor == nil || *p.StorageDescriptor.Location != lakeAt+"/pull_request_tasks/workspace=acme/month=2026-09/" || len(p.StorageDescriptor.Columns) != len(tasks.Columns) || len(partitions) != 3 {
		t.Errorf("the partition is %+v", p)
	}

	g.Calls()
	if r := register(t, c, l); !r.Idle() {
		t.Errorf("nothing happened, and it did %+v", r)
	}
	if diff := cmp.Diff(map[string]int{"GetTable": 1, "GetPartitions": 1}, g.Calls()); diff != "" {
		t.Errorf("calls where nothing happened (-want +got):\n%s", diff)
	}
	commit(t, l, 1, change()) // another month
	if diff := cmp.Diff(load.Registration{Table: "pull_request_tasks", Added: []string{"workspace=acme/month=2026-11"}}, register(t, c, l)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"GetTable": 1, "GetPartitions": 1, "BatchCreatePartition": 1}, g.Calls()); diff != "" {
		t.Errorf("calls for a new month (-want +got):\n%s", diff)
	}
}

// TestCatalogAllTables registers every table, also those of which nothing has landed: queries find them.
func TestCatalogAllTables(t *testing.T) {
	g, l := loadtest.NewGlue(t), newLake(t)
	commit(t, l, 0, base())
	commit(t, l, 0, rows(schemas.Members, member("a", "Al")))
	workspaces, err := l.Workspaces(t.Context())
	if err != nil || !slices.Equal(workspaces, []string{"acme"}) {
		t.Errorf("workspaces %q, %v", workspaces, err)
	}
	all, err := catalog(t, g).Register(t.Context(), l, schemas.Tables(), workspaces)
	if err != nil {
		t.Fatal(err)
	}
	partitions := 0
	for _, r := range all {
		if partitions += len(r.Added); !r.Created {
			t.Errorf("%s was not made", r.Table)
		}
	}
	if len(all) != len(schemas.Tables()) || partitions != 4 {
		t.Errorf("%d tables, %d partitions", len(all), partitions)
	}
}

// TestCatalogKeepsWhatIsNotOurs has people, and another version, change the entry.
func TestCatalogKeepsWhatIsNotOurs(t *testing.T) {
	g, l := loadtest.NewGlue(t), newLake(t)
	commit(t, l, 0, base())
	c := catalog(t, g)
	register(t, c, l)
	edit(t, g, func(in *types.TableInput) {
		in.Owner, in.Description = aws.String("somebody"), aws.String("what people say")
		in.Parameters["cost_center"] = "7"
		in.Parameters["classification"] = "csv"
		columns := slices.Clone(in.StorageDescriptor.Columns[1:]) // one that is missing, as if it were new
		columns[0].Comment = aws.String("what people say")
		columns[1].Comment = nil
		in.StorageDescriptor.Columns = append(columns, types.Column{Name: aws.String("theirs"), Type: aws.String("map<string,int>")})
	})
	first := tasks.Columns[0].Name
	r := register(t, c, l)
	if diff := cmp.Diff(load.Registration{
		Table: "pull_request_tasks", Updated: true, Columns: []string{first},
		Changed: []string{"workspace=acme/month=2026-08", "workspace=acme/month=2026-09", "workspace=acme/month=2026-10"},
	}, r); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	table, partitions := entry(t, g)
	columns := table.StorageDescriptor.Columns
	if *table.Owner != "somebody" || *table.Description != "what people say" || table.Parameters["cost_center"] != "7" || table.Parameters["classification"] != "parquet" ||
		*columns[0].Comment != "what people say" || *columns[1].Comment != tasks.Columns[2].Doc {
		t.Errorf("the table is %+v", table)
	}
	names := columnNames(columns)
	if n := len(names); n != len(tasks.Columns)+1 || names[n-2] != "theirs" || names[n-1] != first {
		t.Errorf("the columns are %q", names)
	}
	for name, p := range partitions {
		if !slices.Equal(columnNames(p.StorageDescriptor.Columns), names) {
			t.Errorf("the partition %s has the columns %q", name, columnNames(p.StorageDescriptor.Columns))
		}
	}
	if r := register(t, c, l); !r.Idle() {
		t.Errorf("it did %+v", r)
	}
}

// TestCatalogContradicted leaves alone what says otherwise, says all of it, and registers the other tables.
func TestCatalogContradicted(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*types.TableInput)
		want   []string
	}{
		"another type": {
			func(in *types.TableInput) {
				in.StorageDescriptor.Columns[0].Type, in.StorageDescriptor.Columns[1].Type = aws.String("binary"), aws.String("string")
			},
			[]string{
				"pull_request_tasks", "column " + tasks.Columns[0].Name + " is of type binary there, and " + tasks.Columns[0].Type.String(),
				"column " + tasks.Columns[1].Name, "tables register --table pull_request_tasks",
			},
		},
		"another location": {
			func(in *types.TableInput) { in.StorageDescriptor.Location = aws.String("s3://other/lake/") },
			[]string{`"s3://other/lake/"`, "set GLUE_DATABASE", "tables register --replace"},
		},
		"other partitions": {
			func(in *types.TableInput) { in.PartitionKeys = in.PartitionKeys[:1] },
			[]string{"partitioned by (workspace string) there, and by (workspace string, month string)"},
		},
		"a newer version": {
			func(in *types.TableInput) { in.Parameters["bucketlake.table_version"] = "9" },
			[]string{"a newer bucketlake registered it (schema version 9; this one knows 1)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g, l := loadtest.NewGlue(t), newLake(t)
			c := catalog(t, g)
			register(t, c, l)
			edit(t, g, test.change)
			before, _ := entry(t, g)
			commit(t, l, 0, base())
			all, err := c.Register(t.Context(), l, []*schemas.Table{tasks, schemas.Members}, []string{"acme"})
			if !errors.Is(err, load.ErrMismatch) || len(all) != 2 || !all[1].Created || all[0].Created {
				t.Errorf("%+v, %v", all, err)
			}
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nwant %s", err, want)
				}
			}
			if after, _ := entry(t, g); *after.VersionId != *before.VersionId {
				t.Error("the table was changed")
			}
		})
	}
}

// TestCatalogRaces has another writer change the table between reading and writing: both changes are there in the end, or the
// other one's stands.
func TestCatalogRaces(t *testing.T) {
	l := newLake(t)
	commit(t, l, 0, base())
	for name, test := range map[string]struct {
		action string
		races  int
		fails  bool
	}{
		"updated":              {"UpdateTable", 2, false},
		"updated all the time": {"UpdateTable", 1000, true},
		"created":              {"CreateTable", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := loadtest.NewGlue(t)
			c := catalog(t, g)
			races := 0
			if test.action == "UpdateTable" {
				register(t, c, l)
				edit(t, g, func(in *types.TableInput) { in.StorageDescriptor.Columns = in.StorageDescriptor.Columns[1:] })
			}
			g.Before = func(action string) {
				if action != test.action || races >= test.races {
					return
				}
				races++
				if action == "CreateTable" {
					g.Before = nil
					register(t, c, l)
					return
				}
				edit(t, g, func(in *types.TableInput) { in.Parameters["race"] = fmt.Sprint(races) })
			}
			_, err := c.Register(t.Context(), l, []*schemas.Table{tasks}, []string{"acme"})
			if (err != nil) != test.fails || err != nil && !strings.Contains(err.Error(), "another writer") {
				t.Errorf("after %d races: %v", races, err)
			}
			if table, partitions := entry(t, g); !test.fails && test.races == 2 && table.Parameters["race"] != "2" || len(table.StorageDescriptor.Columns) != len(tasks.Columns) != test.fails || len(partitions) != 3 {
				t.Errorf("%d columns, %d partitions, parameters %v", len(table.StorageDescriptor.Columns), len(partitions), table.Parameters)
			}
		})
	}
}

// TestCatalogPartitions has many of them, in pages; some that were moved, some that are gone, and some that are none of ours.
func TestCatalogPartitions(t *testing.T) {
	g, l := loadtest.NewGlue(t), newLake(t)
	g.PageSize = 50
	var list []schemas.PullRequestTask
	for n := range 130 {
		one := task(int64(n), 1, "OPEN", 1)
		one.PullRequestCreatedOn = time.Date(2010, time.Month(n+1), 3, 0, 0, 0, 0, time.UTC)
		list = append(list, one)
	}
	commit(t, l, 0, rows(tasks, list...))
	c := catalog(t, g)
	if r := register(t, c, l); len(r.Added) != 130 {
		t.Errorf("added %d", len(r.Added))
	}
	if diff := cmp.Diff(map[string]int{"GetTable": 1, "CreateTable": 2, "CreateDatabase": 1, "BatchCreatePartition": 2}, g.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	_, partitions := entry(t, g)
	moved := partitions["acme/2010-02"]
	put := func(location string, update bool, values ...string) {
		t.Helper()
		s := *moved.StorageDescriptor
		s.Location = aws.String(location)
		in := &types.PartitionInput{Values: values, StorageDescriptor: &s, Parameters: map[string]string{"theirs": "1"}}
		var err error
		if update {
			_, err = g.Client().UpdatePartition(t.Context(), &glue.UpdatePartitionInput{DatabaseName: &g.Database, TableName: &tasks.Name, PartitionValueList: values, PartitionInput: in})
		} else {
			_, err = g.Client().CreatePartition(t.Context(), &glue.CreatePartitionInput{DatabaseName: &g.Database, TableName: &tasks.Name, PartitionInput: in})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ours := lakeAt + "/pull_request_tasks/workspace="
	put("s3://elsewhere/", true, "acme", "2010-02")
	put(ours+"acme/month=2010-03", true, "acme", "2010-03") // as MSCK REPAIR TABLE writes it
	for year := range 30 {                                  // more than one request removes
		put(fmt.Sprintf("%sacme/month=19%02d-01/", ours, year+10), false, "acme", fmt.Sprintf("19%02d-01", year+10))
	}
	put("s3://elsewhere/", false, "acme", "1900-01")
	put(ours+"beta/month=1900-01/", false, "beta", "1900-01") // nothing is known of that workspace
	g.Calls()
	r, err := c.Register(t.Context(), l, []*schemas.Table{tasks}, []string{"acme", "beta"})
	if err != nil || !slices.Equal(r[0].Changed, []string{"workspace=acme/month=2010-02"}) || len(r[0].Removed) != 30 || len(r[0].Added) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if diff := cmp.Diff(map[string]int{"GetTable": 1, "GetPartitions": 5, "BatchUpdatePartition": 1, "BatchDeletePartition": 2}, g.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	_, partitions = entry(t, g)
	if len(partitions) != 132 || partitions["acme/2010-02"].Parameters["theirs"] != "1" || *partitions["acme/2010-02"].StorageDescriptor.Location != ours+"acme/month=2010-02/" {
		t.Errorf("%d partitions; %+v", len(partitions), partitions["acme/2010-02"])
	}
}

// TestCatalogPartitionErrors has Glue take a batch, all but one of it.
func TestCatalogPartitionErrors(t *testing.T) {
	for code, fails := range map[string]bool{"AlreadyExistsException": false, "InternalServiceException": true} {
		g, l := loadtest.NewGlue(t), newLake(t)
		commit(t, l, 0, base())
		g.Fail("BatchCreatePartition", code)
		_, err := catalog(t, g).Register(t.Context(), l, []*schemas.Table{tasks}, []string{"acme"})
		if (err != nil) != fails || err != nil && !strings.Contains(err.Error(), "adding the partition workspace=acme/month=2026-08: InternalServiceException") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestCatalogDryRun(t *testing.T) {
	g, l := loadtest.NewGlue(t), newLake(t)
	commit(t, l, 0, base())
	c := catalog(t, g, func(o *load.CatalogOptions) { o.DryRun = true })
	if r := register(t, c, l); !r.Created || len(r.Added) != 3 {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff(map[string]int{"GetTable": 1}, g.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	register(t, catalog(t, g), l)
	edit(t, g, func(in *types.TableInput) { in.StorageDescriptor.Columns = in.StorageDescriptor.Columns[1:] })
	g.Calls()
	if r := register(t, c, l); len(r.Columns) != 1 || len(r.Changed) != 3 {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff(map[string]int{"GetTable": 1, "GetPartitions": 1}, g.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestCatalogProjection says where Athena won't come to a workspace, and lets the properties be.
func TestCatalogProjection(t *testing.T) {
	g, l := loadtest.NewGlue(t), newLake(t)
	commit(t, l, 0, base())
	c := catalog(t, g)
	register(t, c, l)
	for values, note := range map[string]bool{"beta,gamma": true, "beta,acme": false} {
		edit(t, g, func(in *types.TableInput) {
			in.Parameters["projection.enabled"], in.Parameters["projection.workspace.type"], in.Parameters["projection.workspace.values"] = "true", "enum", values
		})
		if r := register(t, c, l); !r.Idle() || (len(r.Notes) == 1) != note || note && !strings.Contains(r.Notes[0], "projection.workspace.values") {
			t.Errorf("%s: %+v", values, r)
		}
	}
}

// TestCatalogReplaces has a lake take the place of another one, which had other workspaces and months, and columns of other types.
func TestCatalogReplaces(t *testing.T) {
	g, old, l := loadtest.NewGlue(t), newLake(t), newLake(t)
	commit(t, old, 0, rows(tasks, task(1, 1, "OPEN", 7), task(2, 1, "OPEN", 8)))
	if _, err := old.Commit(t.Context(), load.Commit{Workspace: "beta", Rows: rows(tasks, task(1, 1, "OPEN", 7)), At: at(0)}); err != nil {
		t.Fatal(err)
	}
	before := catalog(t, g, func(o *load.CatalogOptions) { o.Lake.S3.Prefix = "old" })
	if _, err := before.Register(t.Context(), old, []*schemas.Table{tasks}, []string{"acme", "beta"}); err != nil {
		t.Fatal(err)
	}
	edit(t, g, func(in *types.TableInput) {
		in.Owner, in.StorageDescriptor.Columns[1].Comment = aws.String("somebody"), aws.String("what people say")
		in.StorageDescriptor.Columns[0].Type = aws.String("binary")
		in.StorageDescriptor.Columns = append(in.StorageDescriptor.Columns, types.Column{Name: aws.String("of_old"), Type: aws.String("int")})
	})
	commit(t, l, 0, base())
	want := load.Registration{
		Table: "pull_request_tasks", Updated: true, Replaced: true,
		Added:   []string{"workspace=acme/month=2026-09", "workspace=acme/month=2026-10"},
		Changed: []string{"workspace=acme/month=2026-08"},
		Removed: []string{"workspace=acme/month=2026-07", "workspace=beta/month=2026-07"},
	}
	for _, dry := range []bool{true, false} {
		c := catalog(t, g, func(o *load.CatalogOptions) { o.Replace, o.DryRun = true, dry })
		got := register(t, c, l)
		slices.Sort(got.Removed)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("dry=%t (-want +got):\n%s", dry, diff)
		}
	}
	table, partitions := entry(t, g)
	columns := table.StorageDescriptor.Columns
	if len(columns) != len(tasks.Columns) || *columns[0].Type != "string" || *columns[1].Comment != "what people say" || *table.Owner != "somebody" ||
		*table.StorageDescriptor.Location != lakeAt+"/pull_request_tasks/" || len(partitions) != 3 {
		t.Errorf("%d partitions; %+v", len(partitions), table)
	}
	if r := register(t, catalog(t, g), l); !r.Idle() {
		t.Errorf("it did %+v", r)
	}
	edit(t, g, func(in *types.TableInput) { in.Parameters["bucketlake.table_version"] = "9" })
	_, err := catalog(t, g, func(o *load.CatalogOptions) { o.Replace = true }).Register(t.Context(), l, []*schemas.Table{tasks}, nil)
	if err == nil || !strings.Contains(err.Error(), "a newer bucketlake registered it") {
		t.Errorf("got %v", err)
	}
}

// TestCatalogRights does all that a worker does, with the rights of deploy/iam-worker-glue.json; and each of them is needed.
func TestCatalogRights(t *testing.T) {
	const file = "../deploy/iam-worker-glue.json"
	actions := slices.Sorted(slices.Values(load.CatalogActions))
	if diff := cmp.Diff(actions, slices.Sorted(slices.Values(loadtest.PolicyActions(t, file)))); diff != "" {
		t.Errorf("the policy and the code (-code +policy):\n%s", diff)
	}
	l := newLake(t)
	commit(t, l, 0, base())
	// live makes use of every right, and returns the first error.
	live := func(t *testing.T, g *loadtest.Glue, c *load.Catalog) error {
		do := func() error {
			_, err := c.Register(t.Context(), l, []*schemas.Table{tasks}, []string{"acme"})
			return err
		}
		if err := do(); err != nil {
			return err
		}
		edit(t, g, func(in *types.TableInput) { in.StorageDescriptor.Columns = in.StorageDescriptor.Columns[1:] })
		_, partitions := entry(t, g)
		s := *partitions["acme/2026-09"].StorageDescriptor
		s.Location = aws.String(lakeAt + "/pull_request_tasks/workspace=acme/month=1999-01/")
		_, err := g.Client().CreatePartition(t.Context(), &glue.CreatePartitionInput{
			DatabaseName: &g.Database, TableName: &tasks.Name, PartitionInput: &types.PartitionInput{Values: []string{"acme", "1999-01"}, StorageDescriptor: &s},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := do(); err != nil {
			return err
		}
		_, err = c.Check(t.Context())
		return err
	}
	g := loadtest.NewGlue(t)
	g.Grant(t, file)
	if err := live(t, g, catalog(t, g)); err != nil {
		t.Error(err)
	}
	calls := g.Calls()
	for _, action := range actions {
		if calls[strings.TrimPrefix(action, "glue:")] == 0 {
			t.Errorf("%s is not used", action)
		}
		t.Run("without "+action, func(t *testing.T) {
			g := loadtest.NewGlue(t)
			g.Grant(t, file, action)
			err := live(t, g, catalog(t, g))
			if err == nil || !strings.Contains(err.Error(), action) || !strings.Contains(err.Error(), "deploy/iam-worker-glue.json") && action != "glue:CreateDatabase" {
				t.Errorf("got %v", err)
			}
		})
	}
	for name := range calls {
		if !slices.Contains(actions, "glue:"+name) {
			t.Errorf("glue:%s is used, and not granted", name)
		}
	}
}

// TestCatalogCheck tries every right but that to make things, and changes nothing.
func TestCatalogCheck(t *testing.T) {
	g, l := loadtest.NewGlue(t), newLake(t)
	c := catalog(t, g)
	if note, err := c.Check(t.Context()); err != nil || !strings.Contains(note, g.Database) {
		t.Errorf("%q, %v", note, err)
	}
	register(t, c, l)
	g.Calls()
	if note, err := c.Check(t.Context()); err != nil || note != "" {
		t.Errorf("%q, %v", note, err)
	}
	var tried []string
	for name := range maps.Keys(g.Calls()) {
		tried = append(tried, "glue:"+name)
	}
	slices.Sort(tried)
	want := slices.DeleteFunc(slices.Sorted(slices.Values(load.CatalogActions)), func(a string) bool { return strings.HasPrefix(a, "glue:Create") })
	if diff := cmp.Diff(want, tried); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, action := range want {
		g.Grant(t, "../deploy/iam-worker-glue.json", action)
		if _, err := c.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "allow "+action) {
			t.Errorf("without %s: %v", action, err)
		}
	}
}

// TestCatalogTerraform keeps the rights that Terraform gives those that the code needs: the database is Terraform's own.
func TestCatalogTerraform(t *testing.T) {
	text, err := os.ReadFile(filepath.FromSlash("../deploy/terraform/rights.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][]string{
		"Catalogue":        load.CatalogActions[1:],
		"ReadersCatalogue": loadtest.PolicyActions(t, "../deploy/iam-reader-glue.json"),
	} {
		statement := regexp.MustCompile(`(?s)sid\s*=\s*"` + file + `"\s*actions\s*=\s*\[(.*?)\]`).FindSubmatch(text)
		if statement == nil {
			t.Errorf("there is no statement %s", file)
			continue
		}
		var got []string
		for _, action := range regexp.MustCompile(`"([^"]+)"`).FindAllSubmatch(statement[1], -1) {
			got = append(got, string(action[1]))
		}
		slices.Sort(got)
		if diff := cmp.Diff(slices.Sorted(slices.Values(want)), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// TestCatalogOutOfReach says what a person can do.
func TestCatalogOutOfReach(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	t.Setenv("AWS_REGION", "us-east-1")
	l := newLake(t)
	try := func(t *testing.T, want string) {
		t.Helper()
		place, _ := load.ParsePlace(lakeAt)
		c, err := load.OpenCatalog(t.Context(), load.CatalogOptions{Database: "lake", Lake: place, Endpoint: "http://127.0.0.1:1"})
		if err != nil {
			t.Fatal(err)
		}
		all, err := c.Register(t.Context(), l, schemas.Tables(), nil)
		if err == nil || !strings.Contains(err.Error(), want) || len(all) != 1 {
			t.Errorf("%v, want %s; tried %d tables", err, want, len(all))
		}
	}
	t.Run("no server", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", "x")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "y")
		try(t, "see that http://127.0.0.1:1 can be reached from here: AWS_ENDPOINT_URL_GLUE")
	})
	t.Run("no credentials", func(t *testing.T) {
		for _, e := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
			t.Setenv(e, "")
		}
		t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
		t.Setenv("AWS_CONFIG_FILE", os.DevNull)
		t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
		try(t, "there are no AWS credentials")
	})
	for name, o := range map[string]load.CatalogOptions{
		"lower-case letters": {Database: "My-Lake", Lake: load.Place{S3: load.S3Options{Bucket: "bucket"}}},
		"tables in S3":       {Database: "lake", Lake: load.Place{Directory: "lake"}},
	} {
		if _, err := load.OpenCatalog(t.Context(), o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
	}
}
