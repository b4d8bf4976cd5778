package usage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bucketlake/load"
	"bucketlake/schemas"
)

// An Object is one that has landed of a table. A partition that is large has several parts, and is complete with all of them.
type Object struct {
	load.ObjectInfo
	Key   string // names it in the table's manifest
	Month string // the partition; empty where the table has none
	Part  int    // from 1 on
}

// Landed lists what has landed of a table: the objects that Athena reads, the newest month first.
func (r *Reader) Landed(ctx context.Context, workspace string, t *schemas.Table) ([]Object, error) {
	m, err := r.lake.Manifest(ctx, t, workspace)
	if err != nil {
		return nil, err
	}
	var all []Object
	for key, info := range m.Objects {
		o := Object{ObjectInfo: info, Key: key, Part: 1}
		month, part, several := strings.Cut(key, "/")
		if o.Month = month; several {
			if o.Part, err = strconv.Atoi(part); err != nil {
				return nil, fmt.Errorf("reading the parts of %s: %w", t.Name, err)
			}
		}
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b Object) int { return cmp.Or(cmp.Compare(b.Month, a.Month), cmp.Compare(a.Part, b.Part)) })
	return all, nil
}

// Withheld says that an object holds names of people that are not to be shown as they landed.
type Withheld struct{ object string }

func (w *Withheld) Error() string {
	return fmt.Sprintf("%s holds names of people as they landed before PII said otherwise: run bucketlake sync --full, and it is there to take", w.object)
}

// Take opens an object of a table as it has landed, by its key in the manifest. The error is fs.ErrNotExist where
// there is no such object, and a *Withheld where it holds names in another form than names are to have.
func (r *Reader) Take(ctx context.Context, workspace string, t *schemas.Table, key string) (load.Object, error) {
	privacy, err := r.privacy()
	if err != nil {
		return nil, err
	}
	m, err := r.lake.Manifest(ctx, t, workspace)
	if err != nil {
		return nil, err
	}
	if o := m.Objects[key]; !privacy.Keeps() && o.Names != "" {
		for form := range strings.SplitSeq(o.Names, ",") {
			if form != privacy.Form() {
				return nil, &Withheld{o.Name}
			}
		}
	}
	return r.lake.OpenObject(ctx, t, workspace, key)
}
