package usage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bucketlake/load"
	"bucketlake/schemas"
)

// Landed lists what has landed of a table: the objects that Athena reads, the newest month first.
func (r *Reader) Landed(ctx context.Context, workspace string, t *schemas.Table) ([]load.ObjectInfo, error) {
	m, err := r.lake.Manifest(ctx, t, workspace)
	if err != nil {
		return nil, err
	}
	var all []load.ObjectInfo
	for _, month := range slices.Backward(slices.Sorted(maps.Keys(m.Objects))) {
		all = append(all, m.Objects[month])
	}
	return all, nil
}

// Withheld says that an object holds names of people that are not to be shown as they landed.
type Withheld struct{ object string }

func (w *Withheld) Error() string {
	return fmt.Sprintf("%s holds names of people as they landed before PII said otherwise: run bucketlake sync --full, and it is there to take", w.object)
}

// Take opens an object of a table as it has landed; month is "" where the table has none. The error is fs.ErrNotExist where
// there is no such object, and a *Withheld where it holds names in another form than names are to have.
func (r *Reader) Take(ctx context.Context, workspace string, t *schemas.Table, month string) (load.Object, error) {
	privacy, err := r.privacy()
	if err != nil {
		return nil, err
	}
	m, err := r.lake.Manifest(ctx, t, workspace)
	if err != nil {
		return nil, err
	}
	if o := m.Objects[month]; !privacy.Keeps() && o.Names != "" {
		for form := range strings.SplitSeq(o.Names, ",") {
			if form != privacy.Form() {
				return nil, &Withheld{o.Name}
			}
		}
	}
	return r.lake.OpenObject(ctx, t, workspace, month)
}
