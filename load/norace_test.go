//go:build !race

package load_test

// repeat is what the numbers of repetitions are divided by.
const repeat = 1
