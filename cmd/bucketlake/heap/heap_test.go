package heap_test

import (
	"runtime"
	"testing"

	"bucketlake/cmd/bucketlake/heap"
)

func TestGrow(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	t.Setenv("GOGC", "50")
	if none := heap.Grow(); len(none) > 0 {
		t.Errorf("there is ballast of %d bytes beside GOGC", len(none))
	}
	before := next()
	t.Setenv("GOGC", "")
	ballast := heap.Grow()
	if after := next(); after < before+heap.Size {
		t.Errorf("the heap grows to %d bytes, and grew to %d", after, before)
	}
	runtime.KeepAlive(ballast)
}

// next is the size at which the heap is looked through.
func next() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.NextGC
}
