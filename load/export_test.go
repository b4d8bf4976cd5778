package load

import "bucketlake/schemas"

// EncodeManifest and DecodeManifest are for the fuzz test.
func EncodeManifest(m *Manifest) ([]byte, error) { return m.encode() }

func DecodeManifest(data []byte, t *schemas.Table, workspace string) (*Manifest, error) {
	return decodeManifest(data, t, workspace)
}
