package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"bucketlake/cmd/bucketlake/status"
	"bucketlake/extract/bitbucket/bitbuckettest"
	"bucketlake/schemas"
)

// TestWhatLeavesIsMarkedDeleted lets a member leave, a task be deleted and a story's key be edited
// away or stay, and looks for the rows.
func TestWhatLeavesIsMarkedDeleted(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 11})
	i.connect(t)
	i.sync(t)
	member := i.bitbucket.Members()[5].UUID
	var task *schemas.PullRequestTask
	each(t, i.lake(t), schemas.PullRequestTasks, func(r *schemas.PullRequestTask) { task = r })
	if err := i.bitbucket.RemoveMember(member); err != nil {
		t.Fatal(err)
	}
	if err := i.bitbucket.DeleteTask(task.RepositoryUUID, int(task.PullRequestID), task.ID); err != nil {
		t.Fatal(err)
	}
	i.sync(t)
	i.equalLedger(t)
	var deleted []string
	each(t, i.lake(t), schemas.Members, func(r *schemas.Member) {
		if !r.DeletedAt.IsZero() {
			deleted = append(deleted, r.UserUUID)
		}
	})
	each(t, i.lake(t), schemas.PullRequestTasks, func(r *schemas.PullRequestTask) {
		if !r.DeletedAt.IsZero() {
			deleted = append(deleted, r.Creator.UUID)
		}
	})
	if !slices.Equal(deleted, []string{member, task.Creator.UUID}) {
		t.Errorf("deleted are %v", deleted)
	}
}

// TestManyAtOnce has more pull requests change in one moment than a page holds.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 12, Scale: bitbuckettest.Scale{Members: 8, Repositories: 1, PullRequests: 160, Months: 2}})
	i.connect(t)
	i.sync(t)
	r := i.bitbucket.Repositories()[0]
	if err := i.bitbucket.EditTogether(r.UUID, 1, r.PullRequests-5); err != nil {
		t.Fatal(err)
	}
	i.bitbucket.Advance(10)
	i.sync(t)
	i.equalLedger(t)
	i.equalFresh(t)
}

// TestARenamedRepository keeps its rows, and its events carry the new name.
func TestARenamedRepository(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 13})
	i.connect(t)
	i.sync(t)
	r := i.bitbucket.Repositories()[0]
	if err := i.bitbucket.RenameRepository(r.UUID, "renamed-today"); err != nil {
		t.Fatal(err)
	}
	i.sync(t)
	i.equalLedger(t)
	each(t, i.lake(t), schemas.UsageEvents, func(e *schemas.UsageEvent) {
		if renamed := e.RepositoryUUID == r.UUID; renamed != (e.Repository == "renamed-today") {
			t.Fatalf("an event in %s carries the name %s", e.RepositoryUUID, e.Repository)
		}
	})
}

// TestADeletedRepository is noticed, and what people did in it stays. From then on nobody asks for it.
func TestADeletedRepository(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 14})
	i.connect(t)
	i.sync(t)
	events := 0
	each(t, i.lake(t), schemas.UsageEvents, func(*schemas.UsageEvent) { events++ })
	uuid := i.bitbucket.Repositories()[1].UUID
	if err := i.bitbucket.DeleteRepository(uuid); err != nil {
		t.Fatal(err)
	}
	i.sync(t) // complete: a repository that is gone is no failure
	still := 0
	each(t, i.lake(t), schemas.UsageEvents, func(*schemas.UsageEvent) { still++ })
	if still != events {
		t.Errorf("%d events are left of %d", still, events)
	}
	each(t, i.lake(t), schemas.Repositories, func(r *schemas.Repository) {
		if gone := r.UUID == uuid; gone == r.DeletedAt.IsZero() {
			t.Errorf("%s: deleted_at %s", r.UUID, r.DeletedAt)
		}
	})
	i.bitbucket.BeforeRequest(func(r *http.Request) {
		if strings.Contains(r.URL.Path, uuid) {
			t.Errorf("asked for %s, which is gone", r.URL.Path)
		}
	})
	i.sync(t)
}

// TestFaultsOnTheWay answers wrongly in each way that passes: the sync comes through.
func TestFaultsOnTheWay(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 15})
	i.connect(t)
	for _, f := range []bitbuckettest.Fault{
		{Path: "/members", Status: http.StatusServiceUnavailable, Body: "<html>down</html>"},
		{Path: "/projects", Status: http.StatusInternalServerError, Body: `{"type":"error","error":{"message":"Something went wrong"}}`},
		{Path: "/pullrequests?", Nth: 2, Cut: 300},
		{Path: "/pullrequests/activity", Nth: 3, Drop: true},
		{Path: "/tasks", Nth: 7, Status: http.StatusOK, Body: "<html>maintenance</html>"},
		{Path: "/tasks", Nth: 20, Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}, Body: "Rate limit for this resource has been exceeded"},
		{Path: "/tasks", Nth: 30, Status: http.StatusUnauthorized, Body: "Token is invalid, expired, or not supported for this endpoint."},
	} {
		i.bitbucket.Fault(f)
	}
	i.sync(t)
	i.equalLedger(t)
	if n := i.bitbucket.Refreshes(); n != 1 {
		t.Errorf("%d refreshes for one 401", n)
	}
}

// TestARefusedRepositoryMakesASyncPartial refuses one repository: the others land, the exit code
// says partial, and it is caught up with when it is allowed again.
func TestARefusedRepositoryMakesASyncPartial(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 16})
	i.connect(t)
	uuid := i.bitbucket.Repositories()[0].UUID
	i.bitbucket.Fault(bitbuckettest.Fault{
		Path: strings.NewReplacer("{", "%7B", "}", "%7D").Replace(uuid) + "/", Times: -1,
		Status: http.StatusForbidden, Body: `{"type":"error","error":{"message":"Forbidden"}}`,
	})
	stdout, stderr, code := i.run(t, "sync", "--json")
	var runs []status.Run
	if err := json.Unmarshal([]byte(stdout), &runs); err != nil || code != exitPartial || runs[0].Complete || !strings.Contains(stderr, uuid) {
		t.Fatalf("exit code %d, %v, %s", code, err, stderr)
	}
	others := 0
	each(t, i.lake(t), schemas.PullRequests, func(r *schemas.PullRequest) {
		if others++; r.RepositoryUUID == uuid {
			t.Error("a pull request of the refused repository landed")
		}
	})
	if others == 0 {
		t.Error("nothing of the other repositories landed")
	}
	i.bitbucket.ClearFaults()
	i.bitbucket.Advance(30)
	i.sync(t)
	i.equalLedger(t)
}
