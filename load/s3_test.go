package load_test

import (
	"testing"

	"bucketlake/load"
	"bucketlake/load/loadtest"
)

func TestS3(t *testing.T) {
	loadtest.TestStore(t, func(t testing.TB) load.Store { return loadtest.NewBucket(t).Open(t) })
}
