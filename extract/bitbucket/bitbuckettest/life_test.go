package bitbuckettest_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"bucketlake/extract/bitbucket/bitbuckettest"

	"github.com/google/go-cmp/cmp"
)

// dump is every byte that the API shows.
func dump(t *testing.T, b *bitbuckettest.Bitbucket) string {
	t.Helper()
	c := newClient(t, b)
	var out bytes.Buffer
	walk := func(path string) {
		for path != "" {
			_, _, body := c.get(path)
			out.Write(body)
			path = str(c.ok(path)["next"])
		}
	}
	walk("/workspaces/acme/members?pagelen=100")
	walk("/workspaces/acme/projects")
	walk("/repositories/acme?pagelen=100")
	for _, r := range b.Repositories() {
		at := "/repositories/acme/" + r.Slug
		walk(at + "/pullrequests?pagelen=50&fields=%2Bvalues.participants,%2Bvalues.closed_on&" + allStates)
		walk(at + "/pullrequests/activity?pagelen=50")
	}
	return out.String()
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b := newSmall(t), newSmall(t)
	a.Advance(70)
	for range 7 {
		b.Advance(10)
	}
	if dump(t, a) != dump(t, b) {
		t.Error("the same seed and the same number of changes show different bytes")
	}
	if diff := cmp.Diff(a.Ledger(), b.Ledger()); diff != "" {
		t.Error(diff)
	}
	other := newSmall(t, func(o *bitbuckettest.Options) { o.Seed = 8 })
	if cmp.Equal(a.Ledger(), other.Ledger()) {
		t.Error("another seed made the same life")
	}
}

func TestSaveLoad(t *testing.T) {
	b := newSmall(t, func(o *bitbuckettest.Options) { o.MoreWorkspaces = []string{"side-project"} })
	b.Advance(25)
	if err := b.RemoveMember(b.Members()[5].UUID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.CreateRepository("SHOP", "Brand new"); err != nil {
		t.Fatal(err)
	}
	if err := b.RenameRepository(busiest(b), "Renamed One"); err != nil {
		t.Fatal(err)
	}
	if err := b.EditTogether(busiest(b), 1, 9); err != nil {
		t.Fatal(err)
	}
	if err := b.DeleteTask("no-such", 1, 1); err == nil {
		t.Error("deleted a task of a repository that there isn't")
	}
	b.Advance(25)
	access, refresh := b.Grant("demo-client")
	var file bytes.Buffer
	if err := b.Save(&file); err != nil {
		t.Fatal(err)
	}
	if s := file.String(); strings.Contains(s, access) || strings.Contains(s, refresh) {
		t.Error("the file holds tokens")
	}
	loaded, err := bitbuckettest.Load(bitbuckettest.Options{RequestsPerHour: -1}, &file)
	if err != nil {
		t.Fatal(err)
	}
	if dump(t, b) != dump(t, loaded) {
		t.Error("the loaded one shows other bytes")
	}
	if diff := cmp.Diff(b.Advance(40), loaded.Advance(40)); diff != "" {
		t.Errorf("the lives go on differently: %s", diff)
	}
	c := &client{t, loaded, access}
	c.ok("/user")
	if status, body := refreshWith(t, loaded, refresh); status != 200 {
		t.Errorf("refresh after loading: %d %v", status, body)
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, text := range []string{"", "{}", `{"Version":1,"Scale":{},"Journal":[{"Do":"no-such","Args":["x"]}]}`} {
		if _, err := bitbuckettest.Load(bitbuckettest.Options{Scale: small}, strings.NewReader(text)); err == nil {
			t.Errorf("loaded %q", text)
		}
	}
}

func TestPeopleAreLikePeople(t *testing.T) {
	b := bitbuckettest.New(bitbuckettest.Options{Seed: 3, End: end})
	opened, weekend, night, total := map[string]int{}, 0, 0, 0
	active := map[string]bool{}
	features, types, stories, repos := map[string]int{}, map[string]int{}, 0, map[string]int{}
	for _, d := range b.Ledger() {
		if d.Feature == "stories" {
			continue
		}
		features[d.Feature+"/"+d.Action]++
		types[d.UserType]++
		active[d.User] = true
		if d.Feature == "pull_requests" && d.Action == "opened" {
			opened[d.User]++
			repos[d.Repository]++
			if len(d.Stories) > 0 {
				stories++
			}
		}
		if d.UserType == "user" {
			total++
			if w := d.Time.Weekday(); w == time.Saturday || w == time.Sunday {
				weekend++
			}
			if h := d.Time.Hour(); h < 7 || h >= 19 {
				night++
			}
		}
		if d.Time.After(end) || d.Time.Before(end.AddDate(-1, 0, -1)) {
			t.Fatalf("outside of the history: %v", d)
		}
	}
	sum, most := 0, 0
	for _, n := range opened {
		sum, most = sum+n, max(most, n)
	}
	if sum != 2000 {
		t.Errorf("%d pull requests, want 2000", sum)
	}
	if mean := sum / len(opened); most < 3*mean {
		t.Errorf("the busiest opened %d, the mean is %d: no heavy tail", most, mean)
	}
	never := 0
	for _, m := range b.Members() {
		if !active[m.UUID] {
			never++
		}
	}
	if n := len(b.Members()); n != 60 || never < n/10 || never > n/4 {
		t.Errorf("%d of %d seats never used, want about 15 %%", never, n)
	}
	if weekend > total/10 || night > total/10 {
		t.Errorf("%d at weekends, %d at night, of %d", weekend, night, total)
	}
	if stories < 1200 || stories > 1700 {
		t.Errorf("%d of 2000 pull requests name a story, want about three quarters", stories)
	}
	for _, want := range []string{
		"pull_requests/merged", "pull_requests/declined", "pull_requests/superseded", "reviews/approved", "reviews/changes_requested",
		"comments/created", "tasks/created", "tasks/resolved",
	} {
		if features[want] < 20 {
			t.Errorf("%s happened %d times", want, features[want])
		}
	}
	if types["deleted"] < 50 || types["app_user"] < 50 {
		t.Errorf("kinds of users: %v", types)
	}
	if len(repos) == len(b.Repositories()) {
		t.Error("no quiet repository")
	}
}

func TestAdvanceWhileServing(t *testing.T) {
	b := newSmall(t)
	c := newClient(t, b)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for range 20 {
				_, _, _ = c.get("/repositories/acme/" + busiest(b) + "/pullrequests?pagelen=50")
			}
		})
	}
	last := b.LastChange()
	for range 20 {
		for _, change := range b.Advance(5) {
			if !change.Time.After(last) {
				t.Errorf("%v is not after %v", change, last)
			}
			last = change.Time
		}
	}
	wait.Wait()
	b.Ledger()
}

func TestStill(t *testing.T) {
	still := newSmall(t, func(o *bitbuckettest.Options) {
		o.Still = []bitbuckettest.Action{bitbuckettest.Commented, bitbuckettest.Approved, bitbuckettest.TaskCreated}
	})
	c := newClient(t, still)
	seen := 0
	for _, change := range still.Advance(200) {
		if change.Action != bitbuckettest.Commented || seen > 20 {
			continue
		}
		seen++
		p := c.ok("/repositories/acme/" + change.Repository + "/pullrequests/" + itoa(change.PullRequest))
		if at(t, p["updated_on"]).Equal(change.Time) {
			t.Errorf("a comment moved updated_on: %v", change)
		}
	}
	if seen == 0 {
		t.Error("nobody commented")
	}
}

func TestNothingEverHappens(t *testing.T) {
	b := bitbuckettest.New(bitbuckettest.Options{End: end, Scale: bitbuckettest.Scale{Members: 1, Repositories: 1, Months: 1}})
	if got := b.Advance(3); len(got) != 0 {
		t.Error(got)
	}
	lonely := newSmall(t)
	for _, r := range lonely.Repositories() {
		if err := lonely.DeleteRepository(r.Slug); err != nil {
			t.Fatal(err)
		}
	}
	if got := lonely.Advance(3); len(got) != 0 {
		t.Error(got)
	}
}
