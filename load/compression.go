package load

import (
	"fmt"

	"github.com/apache/arrow-go/v18/parquet/compress"
)

// Compression is how the pages of new objects are compressed. Every engine reads both.
type Compression int

// ZSTD makes the smaller objects, SNAPPY takes the least time.
const (
	ZSTD Compression = iota
	Snappy
)

// ParseCompression reads a setting: zstd or snappy.
func ParseCompression(name string) (Compression, error) {
	switch name {
	case "zstd":
		return ZSTD, nil
	case "snappy":
		return Snappy, nil
	}
	return 0, fmt.Errorf("compression %q is not known: zstd and snappy are", name)
}

func (c Compression) codec() compress.Compression {
	if c == Snappy {
		return compress.Codecs.Snappy
	}
	return compress.Codecs.Zstd
}
