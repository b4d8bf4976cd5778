package main

import (
	"strings"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// TestSyncEqualsTheTruth pulls a workspace, lets it live on, pulls what changed, and compares with
// what people did and with a fresh pull of everything.
func TestSyncEqualsTheTruth(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{})
	i.connect(t)
	first := i.sync(t)
	i.equalLedger(t)

	for round := range 3 {
		i.bitbucket.Advance(60)
		next := i.sync(t)
		i.equalLedger(t)
		if next.Requests >= first.Requests {
			t.Errorf("round %d took %d requests, the first sync %d", round, next.Requests, first.Requests)
		}
		t.Logf("requests: %d at first, %d in round %d", first.Requests, next.Requests, round)
	}
	incremental := i.tables(t)

	idle := i.sync(t)
	for _, s := range idle.Streams {
		if s.Changed != 0 || s.Bytes != 0 {
			t.Errorf("nothing changed, and yet %s changed %d rows and wrote %d bytes", s.Stream, s.Changed, s.Bytes)
		}
	}

	i.use("fresh")
	i.connect(t)
	i.sync(t)
	equalTables(t, incremental, i.tables(t))
}

// TestSyncInSmallBatches lands after every few rows, so that every stream commits many times.
func TestSyncInSmallBatches(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 2})
	i.set("BATCH_ROWS", "40")
	i.connect(t)
	i.sync(t)
	i.equalLedger(t)
	small := i.tables(t)
	i.use("large")
	i.set("BATCH_ROWS", "100000")
	i.connect(t)
	i.sync(t)
	equalTables(t, small, i.tables(t))
}

// TestFullSyncChangesNothing reads everything again over what has landed.
func TestFullSyncChangesNothing(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 3})
	i.connect(t)
	i.sync(t)
	before := i.tables(t)
	for _, s := range i.sync(t, "--full").Streams {
		if s.Changed != 0 {
			t.Errorf("%s changed %d rows", s.Stream, s.Changed)
		}
	}
	equalTables(t, i.tables(t), before)
}

// TestLargeRepositoriesAreReadByState has Bitbucket fail to sort four states together, as it does on
// large repositories.
func TestLargeRepositoriesAreReadByState(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 4, SortLimit: 25})
	i.connect(t)
	i.sync(t)
	i.equalLedger(t)
	i.bitbucket.Advance(80)
	i.sync(t)
	i.equalLedger(t)
	i.equalFresh(t)
}

// TestAPartIsNotTheWhole syncs one stream: status does not call the workspace complete for that.
func TestAPartIsNotTheWhole(t *testing.T) {
	t.Parallel()
	i := newInstall(t, bitbuckettest.Options{Seed: 17})
	i.connect(t)
	i.sync(t, "--stream", "members")
	if status := i.must(t, "status"); !strings.Contains(status, "never synced") {
		t.Errorf("status says:\n%s", status)
	}
	i.sync(t)
	if status := i.must(t, "status"); !strings.Contains(status, "complete as of") {
		t.Errorf("status says:\n%s", status)
	}
}
