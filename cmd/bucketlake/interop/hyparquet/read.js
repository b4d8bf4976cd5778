// Prints the rows of a Parquet file: a line each, columns divided by tabs, in the order of the file.
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

const text = (value, column) => {
  if (value === null || value === undefined) return 'NULL'
  if (value instanceof Date) return String(column.element.type === 'INT32' ? value.getTime() / 86400000 : value.getTime())
  if (column.element.type === 'DOUBLE' && Number.isInteger(value)) return value.toFixed(1)
  return String(value).replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')
}

for (const name of process.argv.slice(2)) {
  const file = await asyncBufferFromFile(name)
  const metadata = await parquetMetadataAsync(file)
  const columns = parquetSchema(metadata).children
  const rows = await parquetReadObjects({ file, metadata, compressors })
  console.log(`${name}\t${metadata.num_rows}`)
  for (const row of rows) console.log(columns.map(c => text(row[c.element.name], c)).join('\t'))
}
