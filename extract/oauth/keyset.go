package oauth

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"bucketlake/extract/state"
)

// errNoKeyset says that a vault is empty.
var errNoKeyset = errors.New("there is no keyset")

// errKeysetChanged says that a vault holds another keyset than the one that was to be replaced.
var errKeysetChanged = fmt.Errorf("%w: another process changed it just now: try again", ErrKeyset)

// lookTimeout bounds the look whether the keyset has changed, before something is sealed.
const lookTimeout = 3 * time.Second

// vault is where a keyset is kept. What it takes and gives is the plain keyset, as JSON.
type vault interface {
	// read returns the keyset, or errNoKeyset.
	read(ctx context.Context) ([]byte, error)
	// create stores a keyset durably where there is none. One that is there stays, without an error.
	create(ctx context.Context, text []byte) error
	// replace puts a keyset in the place of old, durably and at once, or fails with errKeysetChanged.
	replace(ctx context.Context, old, text []byte) error
	// String names it for a person, with the setting that leads to it.
	String() string
}

// KeysetConfig says where the keyset is kept.
type KeysetConfig struct {
	// File is the path of a file, the keyset in it plain, and the file its owner's alone (mode 0600).
	File string
	// KMSURI, where it is set, is a key of AWS KMS (aws-kms://arn:aws:kms:REGION:ACCOUNT:key/ID) that wraps the keyset,
	// which is then kept in the state database. File is read as long as nothing was wrapped, and sealed tokens need it.
	KMSURI string
}

// Keyset seals tokens: AES-256-GCM, with the connection's id as associated data, so that a sealed token that was
// copied to another connection's row doesn't open there. Sealed bytes begin with the id of the key that sealed them.
// It is safe for concurrent use.
type Keyset struct {
	db     *state.DB
	home   vault // where the keyset is kept
	former vault // where it was before; nil where home is a file

	mu      sync.Mutex
	text    []byte               // the keyset as it was last read
	primary tink.AEAD            // seals; nil where the keyset is lost
	id      uint32               // of the primary key
	keys    map[uint32]tink.AEAD // every key seen, by id; those that a replaced file no longer holds go on opening
}

// OpenKeyset reads the keyset, and makes it where there is none and nothing is sealed yet.
//
// Where tokens are sealed and the keyset is missing, it is lost. That is no error here: the Store presents the
// connections as needing a person, until the keyset comes back or, with a new consent, a new one is made. A new one
// made now would turn a forgotten mount into tokens that nothing opens.
func OpenKeyset(ctx context.Context, c KeysetConfig, db *state.DB) (*Keyset, error) {
	k := &Keyset{db: db, home: keysetFile(c.File), keys: map[uint32]tink.AEAD{}}
	if c.KMSURI != "" {
		wrapped, err := newWrappedKeyset(ctx, c.KMSURI, db)
		if err != nil {
			return nil, err
		}
		k.home, k.former = wrapped, keysetFile(c.File)
	}
	_, err := k.home.read(ctx)
	if errors.Is(err, errNoKeyset) {
		var sealed int
		if err := db.SQL().QueryRowContext(ctx, "SELECT COUNT(*) FROM connections WHERE sealed IS NOT NULL").Scan(&sealed); err != nil {
			return nil, fmt.Errorf("looking for sealed tokens: %w", err)
		}
		if sealed == 0 {
			return k, k.make(ctx)
		}
	}
	// Another process may have made the keyset, and used it, since we looked for it.
	if err := k.reload(ctx); !errors.Is(err, errNoKeyset) {
		return k, err
	}
	return k, nil
}

// String says where the keyset is kept.
func (k *Keyset) String() string { return k.home.String() }

// reload reads the keyset again: another process may have made it, or added a key.
func (k *Keyset) reload(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.reloadLocked(ctx)
}

func (k *Keyset) reloadLocked(ctx context.Context) error {
	text, from, err := k.read(ctx)
	if err != nil || k.text != nil && bytes.Equal(text, k.text) {
		return err
	}
	// Tink's own words are dropped here: they describe key material.
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return unreadable(from)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return unreadable(from)
	}
	for _, key := range handle.KeysetInfo().GetKeyInfo() {
		k.keys[key.GetKeyId()] = primitive
	}
	k.text, k.primary, k.id = text, primitive, handle.KeysetInfo().GetPrimaryKeyId()
	return nil
}

// read returns the keyset and where it was found.
func (k *Keyset) read(ctx context.Context) ([]byte, vault, error) {
	text, err := k.home.read(ctx)
	if errors.Is(err, errNoKeyset) && k.former != nil {
		text, err = k.former.read(ctx)
		return text, k.former, err
	}
	return text, k.home, err
}

func unreadable(where vault) error {
	return fmt.Errorf("opening the keyset: %w: %s holds no keyset: restore it from a backup, or move it away and run `bucketlake connect` again", ErrKeyset, where)
}

// make makes a new keyset, even where tokens are sealed with a lost one: those stay as they are, open again if the lost
// one comes back, and are replaced when their workspaces are connected again. Where another process makes one at the
// same time, the first one counts. A keyset that was lost while this process had it is put back.
func (k *Keyset) make(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	text := k.text
	if text == nil {
		handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
		if err != nil {
			return fmt.Errorf("making a keyset: %w", err)
		}
		if text, err = plainText(handle); err != nil {
			return err
		}
	}
	if err := k.home.create(ctx, text); err != nil {
		return err
	}
	// Read it back: what counts is what the next start will find.
	return k.reloadLocked(ctx)
}

func plainText(handle *keyset.Handle) ([]byte, error) {
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return nil, fmt.Errorf("making a keyset: %w", err)
	}
	return text.Bytes(), nil
}

// seal seals with the primary key of the keyset as it is now, so that no token is sealed with a key that a rotation has
// retired. Where the keyset can't be read now, the key at hand does: an answer of Bitbucket must not be lost because
// KMS is away. Where the keyset is lost, a new one is made: what is sealed is new.
func (k *Keyset) seal(ctx context.Context, plain []byte, connectionID string) ([]byte, error) {
	looking, cancel := context.WithTimeout(ctx, lookTimeout) // and leave time to store what is sealed
	err := k.reload(looking)
	cancel()
	if errors.Is(err, errNoKeyset) {
		err = k.make(ctx)
	}
	primary, _ := k.sealing()
	if primary == nil {
		return nil, err
	}
	sealed, err := primary.Encrypt(plain, []byte(connectionID))
	if err != nil {
		return nil, fmt.Errorf("sealing tokens with the keyset %s: %w", k.home, ErrKeyset)
	}
	return sealed, nil
}

func (k *Keyset) sealing() (primary tink.AEAD, id uint32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.primary, k.id
}

// unopenable says, in a sentence, why tokens can't be opened with the keyset as it is. It is an ErrKeyset.
type unopenable struct{ reason string }

func (e *unopenable) Error() string        { return ErrKeyset.Error() + ": " + e.reason }
func (e *unopenable) Is(target error) bool { return target == ErrKeyset }

// open opens what was sealed for a connection. A key that isn't known is looked for in the keyset as it is now, before
// the tokens are called unopenable: another process may have added it.
func (k *Keyset) open(ctx context.Context, sealed []byte, connectionID string) ([]byte, error) {
	id, ok := sealedWith(sealed)
	key, err := k.key(ctx, id)
	switch {
	case errors.Is(err, errNoKeyset):
		return nil, &unopenable{fmt.Sprintf("the keyset that its tokens are sealed with is missing (restore %s, and they open again)", k.vaults())}
	case err != nil:
		return nil, err
	case key == nil && ok:
		return nil, &unopenable{fmt.Sprintf("its tokens are sealed with key %d, which the keyset %s doesn't hold (%s, and they open again)", id, k.home, k.bringBack())}
	case key != nil:
		if plain, err := key.Decrypt(sealed, []byte(connectionID)); err == nil {
			return plain, nil
		}
	}
	return nil, &unopenable{"its sealed tokens are damaged"}
}

// vaults names the places where the keyset may be.
func (k *Keyset) vaults() string {
	if k.former != nil {
		return k.home.String() + ", or " + k.former.String()
	}
	return k.home.String()
}

// bringBack says how to bring back the keyset that tokens were sealed with.
func (k *Keyset) bringBack() string {
	if k.former != nil {
		return "restore the state database's table keysets"
	}
	return "set KEYSET_FILE to the keyset they were sealed with"
}

// key returns what opens with the key of an id; nil where the keyset has no such key.
func (k *Keyset) key(ctx context.Context, id uint32) (tink.AEAD, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.keys[id]; key != nil {
		return key, nil
	}
	err := k.reloadLocked(ctx)
	return k.keys[id], err
}

// sealedWith returns the id of the key that sealed: Tink's prefix is one byte of version and four of key id.
func sealedWith(sealed []byte) (id uint32, ok bool) {
	if len(sealed) <= 5 || sealed[0] != 1 {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:5]), true
}
