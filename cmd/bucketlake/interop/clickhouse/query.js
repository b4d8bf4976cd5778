// Answers SQL with ClickHouse: of each line of its input, a statement as JSON, the rows as a line of JSON, or what is wrong with it.
import { createInterface } from 'node:readline'
import { Session } from 'chdb'

const session = new Session()
const answer = sql => {
  try {
    const text = session.query(sql, 'JSONCompactEachRow')
    return { rows: text.split('\n').filter(Boolean).map(line => JSON.parse(line)) }
  } catch (error) {
    return { error: String(error.message) }
  }
}
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + '\n')
}
session.close()
