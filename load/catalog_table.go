package load

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"bucketlake/schemas"
)

// tableInput is a declaration, as the SDK takes it.
func tableInput(t schemas.GlueTable) *types.TableInput {
	columns := func(of []schemas.GlueColumn) []types.Column {
		var all []types.Column
		for _, c := range of {
			all = append(all, types.Column{Name: &c.Name, Type: &c.Type, Comment: &c.Comment})
		}
		return all
	}
	s := &t.StorageDescriptor
	return &types.TableInput{
		Name: &t.Name, Description: &t.Description, TableType: &t.TableType, Parameters: t.Parameters, PartitionKeys: columns(t.PartitionKeys),
		StorageDescriptor: &types.StorageDescriptor{
			Columns: columns(s.Columns), Location: &s.Location, InputFormat: &s.InputFormat, OutputFormat: &s.OutputFormat,
			SerdeInfo: &types.SerDeInfo{SerializationLibrary: &s.SerdeInfo.SerializationLibrary, Parameters: s.SerdeInfo.Parameters},
		},
	}
}

// inputOf is an entry as it is written: an update replaces all of it, so all that can be written is taken along.
func inputOf(t *types.Table) *types.TableInput {
	next := &types.TableInput{
		Name: t.Name, Description: t.Description, LastAccessTime: t.LastAccessTime, LastAnalyzedTime: t.LastAnalyzedTime, Owner: t.Owner,
		Parameters: maps.Clone(t.Parameters), PartitionKeys: slices.Clone(t.PartitionKeys), Retention: t.Retention, TableType: t.TableType,
		TargetTable: t.TargetTable, ViewExpandedText: t.ViewExpandedText, ViewOriginalText: t.ViewOriginalText,
	}
	if next.Parameters == nil {
		next.Parameters = map[string]string{}
	}
	storage := types.StorageDescriptor{}
	if t.StorageDescriptor != nil {
		storage = *t.StorageDescriptor
	}
	storage.Columns = slices.Clone(storage.Columns)
	next.StorageDescriptor = &storage
	return next
}

// reconcile returns what an entry has to be, which columns that adds, and whether it is another one. What the table does not say
// stays as it is: other columns, parameters and comments, the owner.
func reconcile(have *types.Table, want *types.TableInput, version int) (next *types.TableInput, added []string, changed bool, err error) {
	next = inputOf(have)
	if err := contradiction(next, want, version); err != nil {
		return nil, nil, false, err
	}
	set := func(to **string, value *string) {
		if aws.ToString(*to) != *value {
			*to, changed = value, true
		}
	}
	fill := func(to **string, value *string) {
		if aws.ToString(*to) == "" {
			set(to, value)
		}
	}
	for name, value := range want.Parameters {
		if next.Parameters[name] != value {
			next.Parameters[name], changed = value, true
		}
	}
	fill(&next.Description, want.Description)
	fill(&next.TableType, want.TableType)
	changed = reformat(next.StorageDescriptor, want.StorageDescriptor) || changed
	next.PartitionKeys = slices.Clone(next.PartitionKeys)
	for i := range next.PartitionKeys {
		fill(&next.PartitionKeys[i].Comment, want.PartitionKeys[i].Comment)
	}
	columns := next.StorageDescriptor.Columns
	for _, c := range want.StorageDescriptor.Columns {
		if i := columnOf(columns, *c.Name); i >= 0 {
			fill(&columns[i].Comment, c.Comment)
			continue
		}
		columns, added, changed = append(columns, c), append(added, *c.Name), true
	}
	next.StorageDescriptor.Columns = columns
	return next, added, changed, nil
}

// replaced returns an entry that is one of this lake now, whatever it was: its location, its columns and their types. What people
// have said of it, and of columns that it keeps, stays.
func replaced(have *types.Table, want *types.TableInput, version int) (*types.TableInput, error) {
	next := inputOf(have)
	if err := newer(next, version); err != nil {
		return nil, err
	}
	if !slices.EqualFunc(next.PartitionKeys, want.PartitionKeys, sameColumn) {
		return nil, contradiction(next, want, version) // Glue does not change what a table is partitioned by
	}
	maps.Copy(next.Parameters, want.Parameters)
	storage := *want.StorageDescriptor
	storage.Columns = slices.Clone(storage.Columns)
	for i, c := range storage.Columns {
		if k := columnOf(next.StorageDescriptor.Columns, *c.Name); k >= 0 && aws.ToString(next.StorageDescriptor.Columns[k].Comment) != "" {
			storage.Columns[i].Comment = next.StorageDescriptor.Columns[k].Comment
		}
	}
	next.StorageDescriptor = &storage
	return next, nil
}

// newer refuses what a newer bucketlake registered.
func newer(have *types.TableInput, version int) error {
	if theirs, err := strconv.Atoi(have.Parameters[schemas.GlueTableVersion]); err == nil && theirs > version {
		return fmt.Errorf("%w: a newer bucketlake registered it (schema version %d; this one knows %d): run that one, or a newer one", ErrMismatch, theirs, version)
	}
	return nil
}

// contradiction says what of an entry can't be reconciled with the table: all of it at once.
func contradiction(have, want *types.TableInput, version int) error {
	name := *want.Name
	if err := newer(have, version); err != nil {
		return err
	}
	if at, here := aws.ToString(have.StorageDescriptor.Location), *want.StorageDescriptor.Location; !sameLocation(at, here) {
		return fmt.Errorf("%w: there is a table of that name whose location is %q, and not %s: set GLUE_DATABASE to a database of this lake's own; or, if this lake takes the place of that one, "+
			"run bucketlake tables register --replace", ErrMismatch, at, here)
	}
	var wrong []string
	for _, c := range want.StorageDescriptor.Columns {
		if i := columnOf(have.StorageDescriptor.Columns, *c.Name); i >= 0 && !sameType(have.StorageDescriptor.Columns[i].Type, c.Type) {
			wrong = append(wrong, fmt.Sprintf("column %s is of type %s there, and %s in the files", *c.Name, aws.ToString(have.StorageDescriptor.Columns[i].Type), *c.Type))
		}
	}
	if !slices.EqualFunc(have.PartitionKeys, want.PartitionKeys, sameColumn) {
		wrong = append(wrong, fmt.Sprintf("it is partitioned by (%s) there, and by (%s) in the lake", describe(have.PartitionKeys), describe(want.PartitionKeys)))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%w %s: %s: drop the table in Glue and run bucketlake tables register --table %[2]s, which makes it anew (no file is lost by that), or correct it there",
			ErrMismatch, name, strings.Join(wrong, "; "))
	}
	return nil
}

// reformat makes an entry one of Parquet files, and reports whether it was another one.
func reformat(next, want *types.StorageDescriptor) bool {
	if sameFormat(next, want) {
		return false
	}
	next.InputFormat, next.OutputFormat, next.SerdeInfo = want.InputFormat, want.OutputFormat, want.SerdeInfo
	return true
}

func sameFormat(a, b *types.StorageDescriptor) bool {
	library := func(s *types.StorageDescriptor) string {
		if s.SerdeInfo == nil {
			return ""
		}
		return aws.ToString(s.SerdeInfo.SerializationLibrary)
	}
	return aws.ToString(a.InputFormat) == aws.ToString(b.InputFormat) && aws.ToString(a.OutputFormat) == aws.ToString(b.OutputFormat) && library(a) == library(b)
}

func columnOf(columns []types.Column, name string) int {
	return slices.IndexFunc(columns, func(c types.Column) bool { return strings.EqualFold(aws.ToString(c.Name), name) })
}

func sameColumn(a, b types.Column) bool {
	return strings.EqualFold(aws.ToString(a.Name), aws.ToString(b.Name)) && sameType(a.Type, b.Type)
}

// sameType compares types as Hive does: it has two names for one of them.
func sameType(a, b *string) bool {
	plain := func(t *string) string {
		name := strings.ToLower(strings.TrimSpace(aws.ToString(t)))
		if name == "integer" {
			return "int"
		}
		return name
	}
	return plain(a) == plain(b)
}

// sameLocation compares locations; engines write them with a slash at the end and without.
func sameLocation(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }

func describe(columns []types.Column) string {
	var all []string
	for _, c := range columns {
		all = append(all, aws.ToString(c.Name)+" "+aws.ToString(c.Type))
	}
	return strings.Join(all, ", ")
}
