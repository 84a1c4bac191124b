/** Columns for tests, through the real ingest. */
import { Columns } from '../model/columns.ts'
import { Ingestor } from '../worker/ingestor.ts'

const utf8 = new TextEncoder()

/** Reads a log. A writer of `isOver: false` still lives: what has not ended is open. */
export function columnsOf(log: string, { isOver = true, groupBy = 'agent' } = {}): Columns {
  const ingestor = new Ingestor(groupBy)
  const columns = new Columns()
  ingestor.push(utf8.encode(log))
  if (isOver) ingestor.finish()
  for (const patch of ingestor.flush()) columns.apply(patch)
  return columns
}
