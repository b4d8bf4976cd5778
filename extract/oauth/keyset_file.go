package oauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// maxKeyset bounds what is read of a keyset file.
const maxKeyset = 1 << 20

// keysetFile is the path of a file that holds a keyset.
type keysetFile string

func (f keysetFile) String() string { return string(f) + " (KEYSET_FILE)" }

func (f keysetFile) read(context.Context) ([]byte, error) {
	file, err := os.Open(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoKeyset
	}
	if err != nil {
		return nil, fmt.Errorf("opening the keyset: %w: %w: make KEYSET_FILE readable for the user who runs bucketlake", ErrKeyset, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the keyset: %w: %w", ErrKeyset, err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("opening the keyset: %w: others than its owner can use the file (mode %04o): run `chmod 600 %s`", ErrKeyset, info.Mode().Perm(), string(f))
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeyset))
	if err != nil {
		return nil, fmt.Errorf("opening the keyset: %w: %w", ErrKeyset, err)
	}
	return text, nil
}

// create makes the file appear under its name complete and flushed, or not at all. A crash before that leaves a
// temporary file. A link does what a rename doesn't: it never replaces the file of a process that was faster.
func (f keysetFile) create(_ context.Context, text []byte) error {
	err := f.publish(string(f), text, os.Link)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the keyset %s: %w: make its folder writable, or set KEYSET_FILE to another path", string(f), err)
	}
	return nil
}

// replace renames a new file over the old one: a crash leaves the one or the other, and perhaps a temporary file.
// A rename can't compare, so whoever replaces holds the lock of the keyset (RotateKeys).
func (f keysetFile) replace(ctx context.Context, old, text []byte) error {
	present, err := f.read(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(present, old) {
		return errKeysetChanged
	}
	path, err := filepath.EvalSymlinks(string(f)) // a rename would replace the link, not the file
	if err == nil {
		err = f.publish(path, text, os.Rename)
	}
	if err != nil {
		return fmt.Errorf("replacing the keyset %s: %w: make its folder writable", string(f), err)
	}
	return nil
}

// publish writes a file of mode 0600 beside path and gives it that name.
func (f keysetFile) publish(path string, text []byte, name func(from, to string) error) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, ".keyset-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if _, err := file.Write(text); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := name(file.Name(), path); err != nil {
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
