//go:build race

package load_test

// The race detector makes the tests that repeat much ten times slower, and finds what it finds in
// the first repetitions.
const repeat = 5
