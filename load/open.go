package load

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"bucketlake/schemas"
)

// OpenObject opens the object of a partition of a table, as it is; of the table without months, the
// partition is "". The error is fs.ErrNotExist where the manifest names none.
func (l *Lake) OpenObject(ctx context.Context, t *schemas.Table, workspace, month string) (Object, error) {
	m, err := l.Manifest(ctx, t, workspace)
	if err != nil {
		return nil, err
	}
	info, ok := m.Objects[month]
	if !ok {
		return nil, fmt.Errorf("opening %s: %w", objectName(t, workspace, month), fs.ErrNotExist)
	}
	o, err := l.store.Open(ctx, info.Name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening %s: %w", info.Name, err)
	}
	return o, err
}
