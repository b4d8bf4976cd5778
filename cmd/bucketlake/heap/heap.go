// Package heap says how far the heap may grow before it is looked through for garbage.
package heap

import "os"

// Ballast is memory that nobody touches, so that the system never gives it: it only counts, until it is let go. The heap is looked
// through when it has doubled, and a sync that keeps 20 MB, and makes that much garbage in no time, would spend a good deal of its CPU
// time on it. With the ballast, the heap grows by so much more, and no more than that where a sync keeps hundreds of MB.
type Ballast []byte

// Grow returns ballast, to be kept alive as long as the process; none where GOGC or GOMEMLIMIT say how far the heap may grow.
func Grow() Ballast {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	return make(Ballast, Size)
}

// Size is how large ballast is, in bytes.
const Size = 8 << 20
