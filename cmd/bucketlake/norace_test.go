//go:build !race

package main

// underRace says that the race detector watches: all is slower then.
const underRace = false
