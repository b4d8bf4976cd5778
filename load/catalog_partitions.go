package load

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"bucketlake/schemas"
)

// How many partitions Glue takes in one request.
const (
	mostWritten = 100
	mostDeleted = 25
)

// registerPartitions registers the partitions that the manifest of a workspace names. A partition's location is its folder: the
// objects in it are replaced in place, so whoever lists it sees what is current and nothing else.
func (c *Catalog) registerPartitions(ctx context.Context, l *Lake, t *schemas.Table, workspace string, table *types.TableInput, r *Registration) error {
	var known []types.Partition
	if !r.Created {
		var err error
		if known, err = c.partitions(ctx, t, aws.String("workspace = '"+workspace+"'")); err != nil { // a slug has no quotes
			return c.explain("listing the partitions of workspace "+workspace, err)
		}
	}
	// The manifest is read after that: a partition that is registered was committed before, so what is missing in the manifest
	// is gone, and not just younger than it.
	m, etag, err := l.manifest(ctx, t, workspace)
	if err != nil || etag == "" { // nothing says what the workspace has, and what not
		return err
	}
	var add []types.PartitionInput
	var change []types.BatchUpdatePartitionRequestEntry
	var remove []types.PartitionValueList
	months := m.months()
	for _, month := range months {
		want := partitionInput(table, t, workspace, month)
		i := slices.IndexFunc(known, func(p types.Partition) bool { return slices.Equal(p.Values, want.Values) })
		switch {
		case i < 0:
			add = append(add, want)
			r.Added = append(r.Added, partitionName(t, want.Values))
		case !sameStorage(known[i].StorageDescriptor, want.StorageDescriptor):
			change = append(change, types.BatchUpdatePartitionRequestEntry{PartitionInput: corrected(&known[i], &want), PartitionValueList: want.Values})
			r.Changed = append(r.Changed, partitionName(t, want.Values))
		}
	}
	for _, p := range known {
		if gone(t, table, workspace, p, months) {
			remove = append(remove, types.PartitionValueList{Values: p.Values})
			r.Removed = append(r.Removed, partitionName(t, p.Values))
		}
	}
	if c.options.DryRun {
		return nil
	}
	return c.writePartitions(ctx, t, add, change, remove)
}

// removeStrangers removes partitions that lie elsewhere: those of the lake whose place this one takes. It is called after those that
// both have were corrected.
func (c *Catalog) removeStrangers(ctx context.Context, t *schemas.Table, table *types.TableInput, r *Registration) error {
	known, err := c.partitions(ctx, t, nil)
	if err != nil {
		return c.explain("listing the partitions", err)
	}
	var remove []types.PartitionValueList
	for _, p := range known {
		if len(p.Values) != len(t.Partitions()) || slices.Contains(r.Changed, partitionName(t, p.Values)) {
			continue
		}
		if p.StorageDescriptor == nil || !sameLocation(aws.ToString(p.StorageDescriptor.Location), partitionLocation(table, t, p.Values)) {
			remove = append(remove, types.PartitionValueList{Values: p.Values})
			r.Removed = append(r.Removed, partitionName(t, p.Values))
		}
	}
	if c.options.DryRun {
		return nil
	}
	return c.writePartitions(ctx, t, nil, nil, remove)
}

// partitions lists those that an expression holds for; nil: all.
func (c *Catalog) partitions(ctx context.Context, t *schemas.Table, expression *string) (all []types.Partition, err error) {
	pages := glue.NewGetPartitionsPaginator(c.client, &glue.GetPartitionsInput{DatabaseName: &c.options.Database, TableName: &t.Name, Expression: expression})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Partitions...)
	}
	return all, nil
}

// gone reports whether a partition is one of ours, and the manifest does not have it.
func gone(t *schemas.Table, table *types.TableInput, workspace string, p types.Partition, months []string) bool {
	month := ""
	if t.Partition >= 0 && len(p.Values) == 2 {
		month = p.Values[1]
	}
	if len(p.Values) != len(t.Partitions()) || p.Values[0] != workspace || month != "" && !validMonth(month) || p.StorageDescriptor == nil {
		return false
	}
	return !slices.Contains(months, month) && sameLocation(aws.ToString(p.StorageDescriptor.Location), partitionLocation(table, t, p.Values))
}

// partitionInput is what registers a partition. It has the columns of the table: those that its files lack are null.
func partitionInput(table *types.TableInput, t *schemas.Table, workspace, month string) types.PartitionInput {
	values := []string{workspace}
	if t.Partition >= 0 {
		values = append(values, month)
	}
	storage := types.StorageDescriptor{
		Location: aws.String(partitionLocation(table, t, values)), InputFormat: table.StorageDescriptor.InputFormat,
		OutputFormat: table.StorageDescriptor.OutputFormat, SerdeInfo: table.StorageDescriptor.SerdeInfo,
	}
	for _, c := range table.StorageDescriptor.Columns {
		storage.Columns = append(storage.Columns, types.Column{Name: c.Name, Type: c.Type}) // the table has the comments
	}
	return types.PartitionInput{Values: values, StorageDescriptor: &storage}
}

// corrected is a partition as it has to be; what people have set of it stays.
func corrected(have *types.Partition, want *types.PartitionInput) *types.PartitionInput {
	next := &types.PartitionInput{
		Values: have.Values, LastAccessTime: have.LastAccessTime, LastAnalyzedTime: have.LastAnalyzedTime, Parameters: have.Parameters, StorageDescriptor: want.StorageDescriptor,
	}
	if have.StorageDescriptor != nil {
		storage := *have.StorageDescriptor
		storage.Location, storage.Columns = want.StorageDescriptor.Location, want.StorageDescriptor.Columns
		reformat(&storage, want.StorageDescriptor)
		next.StorageDescriptor = &storage
	}
	return next
}

func sameStorage(a, b *types.StorageDescriptor) bool {
	return a != nil && sameLocation(aws.ToString(a.Location), aws.ToString(b.Location)) && sameFormat(a, b) && slices.EqualFunc(a.Columns, b.Columns, sameColumn)
}

func partitionName(t *schemas.Table, values []string) string {
	var names []string
	for i, key := range t.Partitions() {
		names = append(names, key.Name+"="+values[i])
	}
	return strings.Join(names, "/")
}

func partitionLocation(table *types.TableInput, t *schemas.Table, values []string) string {
	return strings.TrimRight(*table.StorageDescriptor.Location, "/") + "/" + partitionName(t, values) + "/"
}

// writePartitions writes what differs. What was written stays where a later request fails: the next run does the rest.
func (c *Catalog) writePartitions(ctx context.Context, t *schemas.Table, add []types.PartitionInput, change []types.BatchUpdatePartitionRequestEntry, remove []types.PartitionValueList) error {
	for some := range slices.Chunk(add, mostWritten) {
		out, err := c.client.BatchCreatePartition(ctx, &glue.BatchCreatePartitionInput{DatabaseName: &c.options.Database, TableName: &t.Name, PartitionInputList: some})
		if err != nil {
			return c.explain("adding partitions", err)
		}
		for _, e := range out.Errors {
			if err := partitionError(t, "adding", e.PartitionValues, e.ErrorDetail, alreadyThere); err != nil { // somebody else was faster
				return err
			}
		}
	}
	for some := range slices.Chunk(change, mostWritten) {
		out, err := c.client.BatchUpdatePartition(ctx, &glue.BatchUpdatePartitionInput{DatabaseName: &c.options.Database, TableName: &t.Name, Entries: some})
		if err != nil {
			return c.explain("updating partitions", err)
		}
		for _, e := range out.Errors {
			if err := partitionError(t, "updating", e.PartitionValueList, e.ErrorDetail, ""); err != nil {
				return err
			}
		}
	}
	for some := range slices.Chunk(remove, mostDeleted) {
		out, err := c.client.BatchDeletePartition(ctx, &glue.BatchDeletePartitionInput{DatabaseName: &c.options.Database, TableName: &t.Name, PartitionsToDelete: some})
		if err != nil {
			return c.explain("removing partitions", err)
		}
		for _, e := range out.Errors {
			if err := partitionError(t, "removing", e.PartitionValues, e.ErrorDetail, notFound); err != nil {
				return err
			}
		}
	}
	return nil
}

// partitionError is what Glue says about one partition of many; nil where it says that it is as it should be.
func partitionError(t *schemas.Table, doing string, values []string, detail *types.ErrorDetail, fine string) error {
	if detail == nil {
		detail = &types.ErrorDetail{}
	}
	said := aws.ToString(detail.ErrorCode)
	if fine != "" && said == fine {
		return nil
	}
	name := strings.Join(values, "/")
	if len(values) == len(t.Partitions()) {
		name = partitionName(t, values)
	}
	return fmt.Errorf("%s the partition %s: %s: %s: run bucketlake tables register --table %s, or wait for the next run", doing, name, said, aws.ToString(detail.ErrorMessage), t.Name)
}
