package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/load/loadtest"
	"bucketlake/schemas"
)

// TestCatalogue goes from nothing to tables that Athena finds: with syncs that register what they land, in a catalogue that is out
// of order for a while.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	g := loadtest.NewGlue(t)
	i := newInstall(t, bitbuckettest.Options{Seed: 56, Scale: bitbuckettest.Scale{Members: 6, Repositories: 3, PullRequests: 20, Months: 2}})
	i.onS3(t)
	i.set("GLUE_DATABASE", g.Database)
	i.set("AWS_ENDPOINT_URL_GLUE", g.URL)
	i.connect(t)
	contains(t, "check", i.must(t, "check"), "ok      catalogue", "there is no Glue database "+g.Database+" yet")
	first := i.sync(t)
	if c := first.Catalogue; c == nil || c.Problem != "" || c.Tables != len(schemas.Tables()) || c.Partitions < 30 {
		t.Errorf("the first sync registered %+v", c)
	}
	i.registered(t, g)
	contains(t, "check", i.must(t, "check"), "the Glue database "+g.Database+" can be read and written")

	// Nothing happened: what is registered is looked at, and no more.
	g.Calls()
	contains(t, "tables register", i.must(t, "tables", "register"), "39 of 39 tables were as they should be, with the partitions of 1 workspaces")
	if n := len(schemas.Tables()); len(g.Calls()) != 2 || n != 39 {
		t.Errorf("%d tables, calls %v", n, g.Calls())
	}

	// The catalogue takes nothing any more. All lands as ever, and is registered later.
	g.Grant(t, "../../deploy/iam-worker-glue.json", "glue:GetTable")
	i.bitbucket.Advance(100)
	summary := i.sync(t)
	if c := summary.Catalogue; !summary.Complete || summary.Outcome != status.Complete || c == nil || !strings.Contains(c.Problem, "allow glue:GetTable") {
		t.Errorf("complete %v, %s; %+v", summary.Complete, summary.Outcome, c)
	}
	i.equalLedger(t)
	contains(t, "status", i.must(t, "status"), "(yellow)", "Glue's catalogue does not know all of it", "allow glue:GetTable")
	stdout, stderr, code := i.run(t, "tables", "register", "--json")
	var said registrationsJSON
	if err := json.Unmarshal([]byte(stdout), &said); err != nil || code != exitFailed || !strings.Contains(said.Problem, "allow glue:GetTable") || !strings.Contains(stderr, said.Problem) {
		t.Errorf("exit code %d, %v: %s\n%s", code, err, stdout, stderr)
	}
	if _, stderr, code := i.run(t, "check"); code != exitFailed || !strings.Contains(stderr, "checks failed") {
		t.Errorf("check: exit code %d: %s", code, stderr)
	}
	g.Grant(t, "../../deploy/iam-worker-glue.json")
	if _, err := g.Client().DeleteTable(t.Context(), &glue.DeleteTableInput{DatabaseName: &g.Database, Name: aws.String("members")}); err != nil {
		t.Fatal(err)
	}
	contains(t, "tables register --dry-run", i.must(t, "tables", "register", "--dry-run"), "members", "made; 1 partitions added", "nothing was done")
	contains(t, "tables register", i.must(t, "tables", "register", "--table", "members"), "0 of 1 tables were as they should be")
	if c := i.sync(t).Catalogue; c == nil || c.Problem != "" {
		t.Errorf("%+v", c)
	}
	i.registered(t, g)
	if status := i.must(t, "status"); strings.Contains(status, "catalogue") {
		t.Errorf("status: %s", status)
	}
}

// registered compares the locations of the partitions in the catalogue with the folders in the bucket that have files.
func (i *install) registered(t *testing.T, g *loadtest.Glue) {
	t.Helper()
	var got []string
	for _, table := range schemas.Tables() {
		out, err := g.Client().GetPartitions(t.Context(), &glue.GetPartitionsInput{DatabaseName: &g.Database, TableName: &table.Name})
		if err != nil {
			t.Errorf("%s: %v", table.Name, err)
			continue
		}
		for _, p := range out.Partitions {
			got = append(got, strings.TrimPrefix(*p.StorageDescriptor.Location, i.get("LAKE_URL")+"/"))
		}
	}
	var want []string
	for name := range i.objects(t) {
		if name, ok := strings.CutPrefix(name, "lake/"); ok && strings.HasSuffix(name, ".parquet") {
			want = append(want, name[:strings.LastIndex(name, "/")+1])
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("the catalogue has %d partitions, the lake has %d folders:\n%s\n\n%s", len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestLakeBesideAnother makes a second lake with the state of the first one, which is kept up to date meanwhile, as one does for a new
// version of a table. Each is complete, and neither takes anything from the other: where reading has come to stands in the lakes.
func TestLakeBesideAnother(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 57, Scale: bitbuckettest.Scale{Members: 6, Repositories: 3, PullRequests: 20, Months: 2}})
	i.set("SNAPSHOT_EVERY", "24h") // as it is for everybody: what was read just now is not read again
	i.set("QUIET_EVERY", "24h")
	i.connect(t)
	one := i.get("LAKE_URL")
	i.sync(t)
	i.set("LAKE_URL", one+"-2")
	i.sync(t)
	i.equalLedger(t)
	i.bitbucket.Advance(50)
	for _, lake := range []string{one, one + "-2"} {
		i.set("LAKE_URL", lake)
		i.set("SNAPSHOT_EVERY", "0s") // the past is an instant ago
		i.set("QUIET_EVERY", "0s")
		i.sync(t)
		i.equalLedger(t)
	}
	if found, code := i.verify(t); code != 0 || len(found) > 0 {
		t.Errorf("found %v, exit code %d", found, code)
	}
}
