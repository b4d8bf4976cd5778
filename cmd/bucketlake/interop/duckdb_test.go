// Package interop_test reads the lake with DuckDB and ClickHouse: what the tables promise has to hold in engines
// that know nothing of us. It is a module of its own because DuckDB needs cgo.
package interop_test

import (
	"path/filepath"
	"testing"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// changes is how many things happen in the workspace between two syncs.
const changes = 300

// TestDuckDB connects to a simulated workspace, syncs it, lets it live on, and syncs again, all
// with the binary, as a person would. After each sync the lake must say exactly what happened.
func TestDuckDB(t *testing.T) {
	bitbucket, served := simulate(t, bitbuckettest.DefaultScale)
	bucketlake := build(t)
	dir := t.TempDir()
	env := environment(served.URL, dir, "lake")

	connect(t, bucketlake, env)
	first := served.requests(func() { run(t, bucketlake, env, "sync") })
	if !t.Run("first sync", func(t *testing.T) { checkLake(t, filepath.Join(dir, "lake"), bitbucket.Ledger()) }) {
		return // what follows would only repeat it
	}

	before := len(bitbucket.Ledger())
	bitbucket.Advance(changes)
	if len(bitbucket.Ledger()) <= before {
		t.Fatalf("nobody did anything in %d changes", changes)
	}
	second := served.requests(func() { run(t, bucketlake, env, "sync") })
	t.Run("second sync", func(t *testing.T) { checkLake(t, filepath.Join(dir, "lake"), bitbucket.Ledger()) })
	t.Logf("requests: %d for the first sync, %d for the second", first, second)
	if second >= first {
		t.Errorf("the second sync spent %d requests, the first %d", second, first)
	}

	t.Run("usage", func(t *testing.T) {
		page := servePage(t, bucketlake, env)
		open(t, filepath.Join(dir, "lake")).checkUsage(t, page)
	})

	// Nothing is lost between syncs, and nothing stays that should not: who starts today has the
	// same tables.
	run(t, bucketlake, environment(served.URL, dir, "fresh"), "sync")
	t.Run("fresh lake", func(t *testing.T) {
		compareLakes(t, filepath.Join(dir, "lake"), filepath.Join(dir, "fresh"))
	})
}

func checkLake(t *testing.T, dir string, ledger []bitbuckettest.Deed) {
	db := open(t, dir)
	t.Run("columns", db.checkColumns)
	t.Run("types", db.checkTypes)
	t.Run("keys", db.checkKeys)
	t.Run("pruning", db.checkPruning)
	t.Run("declarations", db.checkDeclarations)
	t.Run("hyparquet", db.checkHyparquet)
	t.Run("readme", db.checkReadme)
	t.Run("queries", db.checkQueries)
	t.Run("views", db.checkViews)
	t.Run("ledger", func(t *testing.T) { checkLedger(t, db, ledger) })
}
