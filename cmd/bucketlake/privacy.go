package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"bucketlake/load"
	"bucketlake/schemas"
	"bucketlake/transform"
)

// privacyFile is the file of the keys that hash names, the newest first: see transform.DecodeKeys. That
// one hashes. The others are kept because whoever has them can tell whose name an older hash is of.
type privacyFile string

const maxPrivacyFile = 64 << 10

// openPrivacy says what becomes of the names of people. To hash them takes a key, which is made on
// first use: while nothing has been hashed, or a forgotten mount would make hashes that join nothing.
func openPrivacy(mode string, file privacyFile, landed map[string][]string) (transform.Privacy, error) {
	switch mode {
	case "drop":
		return transform.Privacy{Drop: true}, nil
	case "hash":
		keys, err := file.read()
		if errors.Is(err, fs.ErrNotExist) {
			if form := hashedBefore(landed); form != "" {
				return transform.Privacy{}, fmt.Errorf("opening the keys that hash names (PII_KEY_FILE): %w, and names have landed as hashes by one (%s): restore the file, or make a new key with bucketlake keys rotate-pii and then run bucketlake sync --full",
					err, form)
			}
			if err := file.publish(transform.EncodeKeys([][]byte{newPrivacyKey()}), os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
				return transform.Privacy{}, fmt.Errorf("making the key that hashes names: %w: make its folder writable, or set PII_KEY_FILE to another path", err)
			}
			keys, err = file.read() // another process may have made it meanwhile
		}
		if err != nil {
			return transform.Privacy{}, fmt.Errorf("opening the keys that hash names (PII_KEY_FILE): %w", err)
		}
		return transform.Privacy{Key: keys[0]}, nil
	}
	return transform.Privacy{}, nil
}

// shownNames says what the page shows of names, however they have landed. Where the key that hashes them is not to be
// had, it shows none: to make one is up to a sync.
func (a *app) shownNames() (transform.Privacy, error) {
	switch a.config.pii {
	case "drop":
		return transform.Privacy{Drop: true}, nil
	case "hash":
		keys, err := a.config.piiKeyFile.read()
		if errors.Is(err, fs.ErrNotExist) {
			return transform.Privacy{Drop: true}, nil
		}
		if err != nil {
			return transform.Privacy{}, fmt.Errorf("opening the keys that hash names (PII_KEY_FILE): %w", err)
		}
		return transform.Privacy{Key: keys[0]}, nil
	}
	return transform.Privacy{}, nil
}

// hashedBefore returns a form of hashes that have landed, if there is one.
func hashedBefore(landed map[string][]string) string {
	for _, forms := range landed {
		for _, form := range forms {
			if form != schemas.PlainNames {
				return form
			}
		}
	}
	return ""
}

// read returns the keys. What the file holds is never repeated.
func (f privacyFile) read() ([][]byte, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others than its owner can use the file (mode %04o): run `chmod 600 %s`", info.Mode().Perm(), string(f))
	}
	text, err := io.ReadAll(io.LimitReader(file, maxPrivacyFile))
	if err != nil {
		return nil, err
	}
	keys, ok := transform.DecodeKeys(text)
	if !ok {
		return nil, fmt.Errorf("%s does not hold keys, 32 bytes as base64 on a line: restore it from a backup, or move it away and run bucketlake keys rotate-pii, and then sync in full", string(f))
	}
	return keys, nil
}

func newPrivacyKey() []byte {
	key := make([]byte, transform.KeySize)
	rand.Read(key) // never fails
	return key
}

// publish writes a file of mode 0600 beside f and gives it that name: it appears whole, or not at all.
func (f privacyFile) publish(text []byte, name func(from, to string) error) error {
	dir := filepath.Dir(string(f))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, ".pii-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := name(file.Name(), string(f)); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil // folders can't be flushed there
	}
	folder, err := os.Open(dir) // names hashed with a key whose file a power cut took away join nothing
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// rotate puts a new key before those that are there, and returns how many there are then.
func (f privacyFile) rotate() (transform.Privacy, int, error) {
	keys, err := f.read()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return transform.Privacy{}, 0, err
	}
	name := os.Rename
	if len(keys) == 0 {
		name = os.Link // unlike a rename, it does not replace the file of a process that was faster
	}
	keys = append([][]byte{newPrivacyKey()}, keys...)
	if err := f.publish(transform.EncodeKeys(keys), name); err != nil {
		return transform.Privacy{}, 0, fmt.Errorf("writing %s: %w: make its folder writable", string(f), err)
	}
	return transform.Privacy{Key: keys[0]}, len(keys), nil
}

// namesLanded returns the forms in which names of people have landed, by table.
func namesLanded(ctx context.Context, lake *load.Lake, workspace string) (map[string][]string, error) {
	landed := map[string][]string{}
	for _, t := range schemas.Tables() {
		manifest, err := lake.Manifest(ctx, t, workspace)
		if err != nil {
			return nil, err
		}
		if forms := manifest.Names(); len(forms) > 0 {
			landed[t.Name] = forms
		}
	}
	return landed, nil
}

// otherwise lists the tables in which names have landed in another form, in order.
func otherwise(landed map[string][]string, form string) []string {
	var tables []string
	for table, forms := range landed {
		if slices.ContainsFunc(forms, func(f string) bool { return f != form }) {
			tables = append(tables, table)
		}
	}
	slices.Sort(tables)
	return tables
}

// tellNames says where names have landed in another form than they land in now.
func (s *syncer) tellNames(ctx context.Context, full bool) error {
	landed, err := namesLanded(ctx, s.lake, s.workspace)
	if err != nil {
		return err
	}
	tables := otherwise(landed, s.privacy.Form())
	if len(tables) == 0 {
		return nil
	}
	remedy := "run bucketlake sync --full"
	if full {
		remedy = "none: these rows are gone at Bitbucket, and of their names only hashes are known"
	}
	s.log.WarnContext(ctx, "names of people have landed otherwise than PII and its key say now, and stay as they landed",
		"workspace", s.workspace, "tables", strings.Join(tables, ","), "remedy", remedy)
	return nil
}

// rename brings names over that have landed otherwise than they are to land now, as far as that takes no
// name that isn't known: for what a full reading does not bring, such as rows that are deleted.
func (s *syncer) rename(ctx context.Context, at time.Time) error {
	landed, err := namesLanded(ctx, s.lake, s.workspace)
	if err != nil || s.privacy.Keeps() {
		return err
	}
	for _, name := range otherwise(landed, s.privacy.Form()) {
		t, ok := schemas.Lookup(name)
		if !ok || t.Derived { // computed anew
			continue
		}
		if err := s.renameKeys(ctx, t, at); err != nil {
			return err
		}
		commit := load.Commit{Workspace: s.workspace, Rows: schemas.Rows{Table: t}, At: at, Rename: s.privacy.Name}
		if _, err := s.lake.Commit(ctx, commit); err != nil {
			return err
		}
	}
	return nil
}

// renameKeys lands the rows that are known by a name once more, under the new one: the old ones go when
// the table is renamed.
func (s *syncer) renameKeys(ctx context.Context, t *schemas.Table, at time.Time) error {
	if !slices.ContainsFunc(t.Key, func(k int) bool { return t.Columns[k].Personal }) {
		return nil
	}
	rows := schemas.Rows{Table: t}
	for row, err := range load.ScanAny(ctx, s.lake, t, s.workspace, load.ScanOptions{}) {
		if err != nil {
			return err
		}
		rows.Rows = append(rows.Rows, row)
	}
	_, err := s.lake.Commit(ctx, load.Commit{Workspace: s.workspace, Rows: s.privacy.Apply(rows), At: at})
	return err
}
