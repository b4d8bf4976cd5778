package load

import "bucketlake/schemas"

// EncodeManifest and DecodeManifest are for the fuzz test.
func EncodeManifest(m *Manifest) ([]byte, error) { return m.encode() }

func DecodeManifest(data []byte, t *schemas.Table, workspace string) (*Manifest, error) {
	return decodeManifest(data, t, workspace)
}

// Limit has a stage keep no more bytes in memory, and no more runs on disk.
func (s *Stage) Limit(bytes, runs int) { s.rows.limit, s.rows.mostRuns = bytes, runs }

// Runs returns how many runs of rows, and of scopes, wait on disk.
func (s *Stage) Runs() (rows, scopes int) {
	for _, sorted := range s.scopes {
		if sorted != nil {
			scopes += len(sorted.runs)
		}
	}
	return len(s.rows.runs), scopes
}

// Small has a lake make row groups of so many rows, and no object much larger than so many bytes.
func (l *Lake) Small(groupRows int, objectBytes int64) *Lake {
	l.groupRows, l.ObjectBytes = groupRows, objectBytes
	return l
}
