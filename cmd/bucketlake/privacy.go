package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bucketlake/transform"
)

// openPrivacy says what becomes of the names of people. To hash them takes a key, which is made on
// first use. Whoever has it can tell whether a hash is that of a name; another one makes other
// hashes, and what stands before them tells which key it was.
func openPrivacy(mode, file string) (transform.Privacy, error) {
	switch mode {
	case "drop":
		return transform.Privacy{Drop: true}, nil
	case "hash":
		key, err := privacyKey(file)
		if err != nil {
			return transform.Privacy{}, fmt.Errorf("opening the key that hashes names (PII_KEY_FILE): %w", err)
		}
		sum := sha256.Sum256(key)
		return transform.Privacy{Key: key, KeyID: hex.EncodeToString(sum[:4])}, nil
	}
	return transform.Privacy{}, nil
}

func privacyKey(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makePrivacyKey(file); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		text, err = os.ReadFile(file) // another process may have made it meanwhile
	}
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) < 32 {
		return nil, fmt.Errorf("%s does not hold 32 bytes as base64: put the right file back, or remove it for a new key, and sync in full", file)
	}
	return key, nil
}

// makePrivacyKey writes a new key under another name first: nobody reads half of one.
func makePrivacyKey(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	key := make([]byte, 32)
	rand.Read(key)                                        // never fails
	f, err := os.CreateTemp(filepath.Dir(file), ".pii-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), file) // unlike a rename, it doesn't replace one that is there
}
