package bitbuckettest_test

import (
	"testing"
	"bucketlake/extract/bitbucket/bitbuckettest"
)

func TestX(t *testing.T) {
	b := bitbuckettest.New(bitbuckettest.Options{Seed: 1})
	n := map[string]int{}
	for _, d := range b.Ledger() { n[d.Feature+"/"+d.Action]++ }
	t.Log(n, len(b.Repositories()), len(b.Members()))
	for _, r := range b.Repositories() { t.Log(r) }
	for _, c := range b.Advance(20) { t.Log(c) }
}
