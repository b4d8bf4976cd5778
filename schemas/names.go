package schemas

import (
	"encoding/hex"
	"strings"
)

// How columns that name a person hold names: as they are, or as hashes, which begin with the form and
// tell by which key they were made, such as h1:0c5a91fe:9f86d081884c7d659a2feaa0c55ad015.
const PlainNames = "plain"

const (
	hashedForm = len("h1:") + 2*4           // and the key's id
	hashedName = hashedForm + len(":") + 32 // and the hash
)

// HashedName writes the first sixteen bytes of a hash as a name, with the id of its key.
func HashedName(keyID [4]byte, hash []byte) string {
	return HashedNames(keyID) + ":" + hex.EncodeToString(hash[:16])
}

// HashedNames is the form of hashes that were made by a key.
func HashedNames(keyID [4]byte) string { return "h1:" + hex.EncodeToString(keyID[:]) }

// FormOf returns the form of a name: what HashedNames returns of its key, or PlainNames. The empty
// text is no name.
func FormOf(name string) string {
	switch {
	case name == "":
		return ""
	case len(name) == hashedName && name[:3] == "h1:" && name[hashedForm] == ':' && isHex(name[3:hashedForm]) && isHex(name[hashedForm+1:]):
		return name[:hashedForm]
	}
	return PlainNames
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
