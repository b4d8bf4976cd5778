package oauth

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"bucketlake/extract/state"
)

// Keyset seals tokens: AES-256-GCM, with the connection's id as associated data, so that a sealed token that was
// copied to another connection's row doesn't open there. Sealed bytes begin with the id of the key that sealed them.
type Keyset struct {
	path string
	aead tink.AEAD
	ids  map[uint32]bool
}

// OpenKeyset reads the keyset file, and makes it where none is and nothing is sealed yet. Where tokens are sealed in
// the state database and the file is missing, the keyset is lost (ErrKeysetLost): a new one made silently would turn
// a forgotten mount into tokens that nothing opens.
func OpenKeyset(ctx context.Context, path string, db *state.DB) (*Keyset, error) {
	keys, err := readKeyset(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	var sealed int
	if err := db.SQL().QueryRowContext(ctx, "SELECT COUNT(*) FROM connections WHERE sealed IS NOT NULL").Scan(&sealed); err != nil {
		return nil, fmt.Errorf("looking for sealed tokens: %w", err)
	}
	if sealed > 0 {
		// Another process may have made the file, and used it, since we looked for it.
		if keys, err := readKeyset(path); !errors.Is(err, fs.ErrNotExist) {
			return keys, err
		}
		return nil, fmt.Errorf("opening the keyset %s: %w, and %d connections in %s are sealed with it: restore the file (KEYSET_FILE), or run `bucketlake connect` again",
			path, ErrKeysetLost, sealed, db.Name())
	}
	return MakeKeyset(path)
}

// MakeKeyset makes a new keyset file, even where tokens are sealed with a lost one: those stay as they are, open again
// if the lost file comes back, and are replaced when their workspaces are connected again. Where the file exists, or
// another process makes it at the same time, that one is read and nothing is made.
//
// The file appears under its name complete and flushed, or not at all. A crash before that leaves a temporary file.
func MakeKeyset(path string) (*Keyset, error) {
	if keys, err := readKeyset(path); !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("making a keyset: %w", err)
	}
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return nil, fmt.Errorf("making a keyset: %w", err)
	}
	if err := publish(path, text.Bytes()); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making the keyset %s: %w: make its folder writable, or set KEYSET_FILE to another path", path, err)
	}
	// Read it back: what counts is what the next start will find, and another process's file wins.
	return readKeyset(path)
}

// publish writes a file of mode 0600 that appears whole under its name, or fails with fs.ErrExist where there is one.
// A link does what a rename doesn't: it never replaces the file of a process that was faster.
func publish(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".keyset-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(content); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a new name durable. Tokens sealed with a key whose file a power cut took away would be lost.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders can't be flushed there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func readKeyset(path string) (*Keyset, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("opening the keyset: %w: %w: make KEYSET_FILE readable for the user who runs bucketlake", ErrKeyset, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the keyset: %w: %w", ErrKeyset, err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("opening the keyset: %w: others than its owner can use the file (mode %04o): run `chmod 600 %s`", ErrKeyset, info.Mode().Perm(), path)
	}
	// Tink's own words are dropped here and below: they describe key material.
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(f))
	if err != nil {
		return nil, unreadable(path)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, unreadable(path)
	}
	keys := &Keyset{path: path, aead: primitive, ids: map[uint32]bool{}}
	for _, key := range handle.KeysetInfo().GetKeyInfo() {
		keys.ids[key.GetKeyId()] = true
	}
	return keys, nil
}

func unreadable(path string) error {
	return fmt.Errorf("opening the keyset: %w: %s holds no keyset: restore it from a backup, or move it away and run `bucketlake connect` again", ErrKeyset, path)
}

func (k *Keyset) seal(plain []byte, connectionID string) ([]byte, error) {
	sealed, err := k.aead.Encrypt(plain, []byte(connectionID))
	if err != nil {
		return nil, fmt.Errorf("sealing tokens with the keyset %s: %w", k.path, ErrKeyset)
	}
	return sealed, nil
}

func (k *Keyset) open(sealed []byte, c *Connection) ([]byte, error) {
	plain, err := k.aead.Decrypt(sealed, []byte(c.ID))
	if err == nil {
		return plain, nil
	}
	// Tink's prefix: one byte of version, four of key id.
	if len(sealed) > 5 && sealed[0] == 1 && !k.ids[binary.BigEndian.Uint32(sealed[1:5])] {
		return nil, fmt.Errorf("opening the tokens of workspace %s: %w: they are sealed with key %d, which %s doesn't hold: set KEYSET_FILE to the keyset they were sealed with, or run `bucketlake connect --workspace %s`",
			c.Workspace, ErrKeyset, binary.BigEndian.Uint32(sealed[1:5]), k.path, c.Workspace)
	}
	return nil, fmt.Errorf("opening the tokens of workspace %s: %w: the sealed tokens are damaged: run `bucketlake connect --workspace %s`",
		c.Workspace, ErrKeyset, c.Workspace)
}
