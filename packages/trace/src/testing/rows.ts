/** The content of a row with texts instead of numbers, to compare rows of two interners. */
import type { EventRow, IdList } from '../row/event-row.ts'
import { ID_KEYS, PARENT_KEYS } from '../row/metadata-keys.ts'
import type { Interner } from '../row/interner.ts'
import type { RowSink } from '../scan/row-reader.ts'

export function rowText(row: EventRow, texts: Interner): unknown {
  const text = (id: number) => (id === 0 ? undefined : texts.text(id))
  return {
    timeS: row.timeS,
    kind: text(row.kind),
    phase: row.phase,
    ids: idsText(row.ids, ID_KEYS),
    parents: idsText(row.parents, PARENT_KEYS),
    scope: Array.from(row.scope, (id, index) =>
      (row.scopeMask & (1 << index)) === 0 ? undefined : text(id),
    ),
    place: Array.from(row.place, text),
    subject: text(row.subject),
    subjectRank: row.subjectRank,
    agent: text(row.agent),
    hasError: row.hasError,
    isCancelled: row.isCancelled,
    error: text(row.error),
    outcome: row.outcome,
    figures: Array.from(row.usage, (value, figure) =>
      (row.usageMask & (1 << figure)) === 0 ? undefined : value,
    ),
    dropped: row.dropped,
    extra: text(row.extra),
  }
}

function idsText({ count, keys, high, low }: IdList, names: readonly unknown[]): unknown {
  return Array.from({ length: count }, (_, i) => [names[keys[i]!], high[i], low[i]])
}

/** A sink that collects all calls as plain data. */
export function recordingSink(texts: Interner): { seen: unknown[]; sink: RowSink } {
  const seen: unknown[] = []
  return {
    seen,
    sink: {
      event: (row, ...where) => seen.push(['event', rowText(row, texts), ...where]),
      sample: (sample, ...where) => seen.push(['sample', sample, ...where]),
      malformed: (reason, ...where) => seen.push(['malformed', reason, ...where]),
      writer: (writer, ...where) => seen.push(['writer', writer, ...where]),
      rescaled: (unit, ...where) => seen.push(['rescaled', unit, ...where]),
    },
  }
}
