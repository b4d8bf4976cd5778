// Package load lands rows: it merges them into plain Parquet files and commits them together with
// the cursor that says how far they were read.
//
// A table of a workspace is a few objects, one for each month or one in all, or several where one would grow too large, and a
// manifest:
//
//	pull_requests/workspace=acme/month=2026-10/data.parquet
//	members/workspace=acme/data.parquet
//	_bucketlake/workspace=acme/pull_requests.json
//
// Whoever reads the files alone sees each key once at any time. Whoever writes may be killed at any
// time and run again. [Lake.Commit] says why.
package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"bucketlake/schemas"
)

// A Lake is the tables in a Store. Any number of goroutines and processes may use one; of two that
// commit to the same table of the same workspace at once, one gets ErrConflict.
type Lake struct {
	Compression Compression // of what is written; ZSTD unless somebody says otherwise
	ObjectBytes int64       // size from which on an object gets no new rows, and another one does; see DefaultObjectBytes

	store     Store
	log       *slog.Logger
	groupRows int // rows of a row group

	recall  *recall
	session *session // nil: what stands is asked for each time
}

// knownManifest is a manifest that was read.
type knownManifest struct {
	etag string
	*Manifest
}

// New returns the lake in a store. A nil logger discards.
func New(store Store, log *slog.Logger) *Lake {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Lake{ObjectBytes: DefaultObjectBytes, store: store, log: log, groupRows: groupRows, recall: newRecall()}
}

// Manifest returns what is committed of a table of a workspace; before the first commit, a manifest
// without objects.
func (l *Lake) Manifest(ctx context.Context, t *schemas.Table, workspace string) (*Manifest, error) {
	if err := checkWorkspace(workspace); err != nil {
		return nil, err
	}
	m, _, err := l.manifest(ctx, t, workspace)
	return m, err
}

// manifest returns the manifest with the etag to replace it by: "" where there is none yet.
func (l *Lake) manifest(ctx context.Context, t *schemas.Table, workspace string) (*Manifest, string, error) {
	name := manifestName(t, workspace)
	if known, ok := l.session.get(name); ok {
		if known.etag == "" {
			return newManifest(t, workspace), "", nil
		}
		return known.clone(), known.etag, nil
	}
	m, etag, err := l.readManifest(ctx, name, t, workspace)
	if err != nil {
		return nil, "", fmt.Errorf("reading manifest %s: %w", name, err)
	}
	l.session.set(name, knownManifest{etag, m.clone()})
	return m, etag, nil
}

func (l *Lake) readManifest(ctx context.Context, name string, t *schemas.Table, workspace string) (*Manifest, string, error) {
	o, err := l.store.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return newManifest(t, workspace), "", nil
	}
	if err != nil {
		return nil, "", err
	}
	defer o.Close()
	if m := l.recall.manifest(t, name, o.ETag()); m != nil {
		return m, o.ETag(), nil
	}
	data, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
	if err != nil {
		return nil, "", err
	}
	m, err := decodeManifest(data, t, workspace)
	if otherWriter(err) {
		return nil, "", err
	}
	if err != nil {
		return nil, "", fmt.Errorf("%w: restore it from a backup, or remove it and sync again: the table stays and is read anew from the source", err)
	}
	l.recall.setManifest(name, knownManifest{o.ETag(), m.clone()})
	return m, o.ETag(), nil
}

func (l *Lake) putManifest(ctx context.Context, m *Manifest, name, match string) error {
	data, err := m.encode()
	if err != nil {
		return fmt.Errorf("encoding manifest %s: %w", name, err)
	}
	etag, err := l.store.Put(ctx, name, bytes.NewReader(data), match)
	if err != nil {
		return fmt.Errorf("writing manifest %s: %w", name, err)
	}
	l.recall.setManifest(name, knownManifest{etag, m.clone()})
	l.session.set(name, knownManifest{etag, m.clone()})
	return nil
}

// Workspaces lists the workspaces of which something has been committed, in order.
func (l *Lake) Workspaces(ctx context.Context) ([]string, error) {
	names, err := l.store.List(ctx, stateFolder)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, name := range names {
		of, _, _ := strings.Cut(strings.TrimPrefix(name, stateFolder+"/"), "/")
		if slug, ok := strings.CutPrefix(of, "workspace="); ok && workspaceSlug.MatchString(slug) && strings.HasSuffix(name, ".json") {
			all = append(all, slug)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// folder is where the objects of a table of a workspace lie.
func folder(t *schemas.Table, workspace string) string {
	return t.Name + "/workspace=" + workspace
}

func manifestName(t *schemas.Table, workspace string) string {
	return stateFolder + "/workspace=" + workspace + "/" + t.Name + ".json"
}

var workspaceSlug = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$`)

// checkWorkspace refuses what is no slug: the workspace is part of every path.
func checkWorkspace(slug string) error {
	if !workspaceSlug.MatchString(slug) {
		return fmt.Errorf("workspace %q is not a slug: letters, digits, '-', '_' and '.'", slug)
	}
	return nil
}

func validMonth(month string) bool {
	t, err := time.Parse("2006-01", month)
	return err == nil && schemas.Month(t) == month
}
