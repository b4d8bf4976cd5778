package oauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Rotation is what RotateKeys did.
type Rotation struct {
	KeyID      uint32   // of the new key
	Keys       int      // that the keyset holds now
	Resealed   int      // connections whose tokens are sealed with the new key now
	Unopenable []string // workspaces whose tokens no key opens; left as they were
	Imported   string   // file whose keys were taken over into KMS; empty where none were
}

// RotateKeys adds a key to the keyset and seals all tokens with it. Old keys stay: backups of the database still open.
// Where KMS is to wrap the keyset and nothing was wrapped so far, the keys of the file are taken over first.
//
// Processes that run meanwhile look for a key that they don't know in the keyset, so they need not stop: those that share
// the file, or have the keyset wrapped by KMS. A machine with a copy of the file can't open what is sealed from here on
// until it is given the new file; nothing is lost meanwhile, but nothing is read there either. A crash anywhere leaves
// everything openable, and the next rotation goes on.
func RotateKeys(ctx context.Context, store *Store) (Rotation, error) {
	var done Rotation
	if store.keys == nil {
		return done, fmt.Errorf("rotating keys: %w: none was given", ErrKeyset)
	}
	unlock, err := store.db.Lock(ctx, "keyset")
	if err != nil {
		return done, fmt.Errorf("rotating keys: %w", err)
	}
	defer unlock()
	// 1. The new key, made the primary one in one write. A crash before it: nothing has happened. After it: tokens are
	// sealed with either key, and the keyset has both.
	if err := store.keys.addKey(ctx, &done); err != nil {
		return done, fmt.Errorf("rotating keys: %w", err)
	}
	// 2. The tokens, connection by connection. A crash between two: some are sealed with the new key, some with the old.
	if err := store.reseal(ctx, &done); err != nil {
		return done, fmt.Errorf("rotating keys: %w: run it again to finish", err)
	}
	return done, nil
}

func (k *Keyset) addKey(ctx context.Context, done *Rotation) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	text, from, err := k.read(ctx)
	if errors.Is(err, errNoKeyset) {
		return fmt.Errorf("%w: it is missing: restore %s, or run `bucketlake connect` again", ErrKeyset, k.vaults())
	}
	if err != nil {
		return err
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return unreadable(from)
	}
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = manager.SetPrimary(id)
	}
	if err == nil {
		handle, err = manager.Handle()
	}
	if err != nil {
		return fmt.Errorf("adding a key: %w", err)
	}
	next, err := plainText(handle)
	if err != nil {
		return err
	}
	if from == k.home {
		err = k.home.replace(ctx, text, next)
	} else {
		done.Imported = string(k.former.(keysetFile))
		err = k.home.create(ctx, next)
	}
	if err == nil {
		err = k.reloadLocked(ctx)
	}
	if err != nil {
		return err
	}
	// It was read back, so that what is sealed from here on opens with what is stored.
	if k.id != id {
		return errKeysetChanged
	}
	done.KeyID, done.Keys = id, handle.Len()
	return nil
}

// reseal seals every connection's tokens with the primary key. It leaves the generation alone, since the tokens stay
// the same, and so a refresh that is under way finds its record as it read it and stores its answer; where that comes
// first, the row is read again.
func (s *Store) reseal(ctx context.Context, done *Rotation) error {
	all, err := s.records(ctx)
	if err != nil {
		return err
	}
	for _, r := range all {
		for {
			changed, err := s.resealOne(ctx, r)
			if errors.Is(err, errSuperseded) {
				if r, err = s.row(ctx, r.ID); err == nil {
					continue
				}
			}
			if _, ok := errors.AsType[*unopenable](err); ok {
				done.Unopenable = append(done.Unopenable, r.Workspace)
			} else if err != nil {
				return fmt.Errorf("sealing the tokens of workspace %s again: %w", r.Workspace, err)
			}
			if changed {
				done.Resealed++
			}
			break
		}
	}
	return nil
}

func (s *Store) resealOne(ctx context.Context, r record) (changed bool, err error) {
	_, primary := s.keys.sealing()
	if id, ok := sealedWith(r.sealed); len(r.sealed) == 0 || ok && id == primary {
		return false, nil
	}
	plain, err := s.keys.open(ctx, r.sealed, r.ID)
	if err != nil {
		return false, err
	}
	sealed, err := s.keys.seal(ctx, plain, r.ID)
	if err != nil {
		return false, err
	}
	err = changedOne(s.db.SQL().ExecContext(ctx, "UPDATE connections SET sealed = $3 WHERE id = $1 AND generation = $2", r.ID, r.generation, sealed))
	return err == nil, err
}
