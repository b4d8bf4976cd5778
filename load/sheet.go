package load

import (
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"bucketlake/schemas"
)

// WriteParquet writes rows of no table of the lake, such as an answer that somebody takes along, as a
// Parquet file that the readers of the tables read. A row has a value for each column: a string, an
// int64, a float64, a schemas.Date, or nil where the column may be null.
func WriteParquet(w io.Writer, columns []schemas.Column, rows [][]any) error {
	t := &schemas.Table{Columns: columns}
	schema := t.Arrow()
	record := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer record.Release()
	for _, row := range rows {
		if len(row) != len(columns) {
			return fmt.Errorf("writing Parquet: a row of %d values for %d columns", len(row), len(columns))
		}
		for c, value := range row {
			if !appendValue(record.Field(c), value, columns[c].Nullable) {
				return fmt.Errorf("writing Parquet: %T in column %s of %s", value, columns[c].Name, columns[c].Type)
			}
		}
	}
	out, err := pqarrow.NewFileWriter(schema, w, parquet.NewWriterProperties(
		parquet.WithVersion(parquet.V2_LATEST), parquet.WithDataPageVersion(parquet.DataPageV1),
		parquet.WithRootRepetition(parquet.Repetitions.Required), parquet.WithCompression(Snappy.codec()),
	), pqarrow.DefaultWriterProps())
	if err != nil {
		return fmt.Errorf("writing Parquet: %w", err)
	}
	batch := record.NewRecordBatch()
	defer batch.Release()
	if err := out.Write(batch); err != nil {
		return fmt.Errorf("writing Parquet: %w", err)
	}
	return out.Close()
}

func appendValue(to array.Builder, value any, nullable bool) bool {
	if value == nil {
		to.AppendNull()
		return nullable
	}
	switch b := to.(type) {
	case *array.StringBuilder:
		v, ok := value.(string)
		b.Append(v)
		return ok
	case *array.Int64Builder:
		v, ok := value.(int64)
		b.Append(v)
		return ok
	case *array.Float64Builder:
		v, ok := value.(float64)
		b.Append(v)
		return ok
	case *array.Date32Builder:
		v, ok := value.(schemas.Date)
		b.Append(arrow.Date32(v))
		return ok
	}
	return false
}
