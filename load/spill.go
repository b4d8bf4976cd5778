package load

import (
	"errors"
	"os"
)

// A spill is a temporary file on which a new object is made before it is stored.
type spill struct {
	*os.File
	named bool // the system does not take the name away from an open file
}

// spillBuffer is how much of a new object is written at once.
const spillBuffer = 64 << 10

// newSpill makes a temporary file without a name where the system has such, so that it is gone with
// the process, however that ends.
func newSpill() (*spill, error) {
	f, err := os.CreateTemp("", "bucketlake-*.parquet")
	if err != nil {
		return nil, err
	}
	return &spill{File: f, named: os.Remove(f.Name()) != nil}, nil
}

func (s *spill) Close() error {
	err := s.File.Close()
	if s.named {
		err = errors.Join(err, os.Remove(s.Name()))
	}
	return err
}
