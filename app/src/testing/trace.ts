/** Columns for tests, from the real ingestor. */
import { ColumnStore } from '../model/columns.ts'
import { Ingestor } from '../worker/ingestor.ts'

const utf8 = new TextEncoder()

/** Reads a log. With `isOver: false` its writer is live, so that spans without an end are open. */
export function columnsOf(log: string, { isOver = true, groupBy = 'agent' } = {}): ColumnStore {
  const ingestor = new Ingestor(groupBy)
  const columns = new ColumnStore()
  ingestor.push(utf8.encode(log))
  if (isOver) ingestor.finish()
  for (const patch of ingestor.flush()) columns.apply(patch)
  return columns
}
