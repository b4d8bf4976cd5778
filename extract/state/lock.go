package state

import (
	"errors"
	"fmt"

	"github.com/gofrs/flock"
)

// ErrLocked is a lock that somebody else holds, in this process or in another.
var ErrLocked = errors.New("another run of it is under way: wait for it, or stop it")

// Lock takes the lock of that name for what only one may do at a time, and does not wait. The
// system releases it when the process ends, however it ends, so that nothing has to be cleaned up
// after a crash. The file beside the database stays; it means nothing by itself.
func (db *DB) Lock(name string) (unlock func(), err error) {
	lock := flock.New(db.Path()+"."+name+".lock", flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", lock.Path(), err)
	}
	if !ok {
		return nil, ErrLocked
	}
	return func() { _ = lock.Unlock() }, nil
}
