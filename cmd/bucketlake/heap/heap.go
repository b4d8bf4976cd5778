// Package heap says how far the heap may grow before it is looked through for garbage.
package heap

import (
	"os"
	"runtime/debug"
)

// growth is in percent, as GOGC has it. A sync keeps 30 MB or so and makes much garbage: at Go's own 100 %, looking for it takes a
// tenth of the CPU time more, and at 400 % hardly less than here.
const growth = 200

// Grow sets it, unless GOGC does. GOMEMLIMIT holds as ever.
func Grow() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
}
