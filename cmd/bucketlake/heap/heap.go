// Package heap says how far the heap may grow before it is looked through for garbage.
package heap

import "os"

// ballast is memory that nobody touches, so that the system never gives it: it only counts. The heap is looked through when it has
// doubled, and a sync that keeps 20 MB, and makes that much garbage in no time, would spend a tenth of its CPU time on it. With the
// ballast, the heap grows by so much more, and no more than that where a sync keeps hundreds of MB.
var ballast []byte

// Size is how large it is, in bytes.
const Size = 32 << 20

// Grow lets it grow, unless GOGC or GOMEMLIMIT say how far it may.
func Grow() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		ballast = make([]byte, Size)
	}
}
