/** Indexes and sums that follow a growing run equal those built from scratch, at any time. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MarkFlag } from '../model/patch.ts'
import { ColumnStore, type Columns } from '../model/columns.ts'
import { createCounter } from '../model/counts.ts'
import { Ingestor } from '../worker/ingestor.ts'
import { GroupSums } from './rail/group-sums.ts'
import { RowIndex } from './rows/row-index.ts'
import { DensityBins } from './overview/density-bins.ts'

const T0 = 1_800_000_000
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 200)
const utf8 = new TextEncoder()

const maybe = (key: string, values: readonly (string | number)[]) =>
  fc.option(fc.constantFrom(...values)).map((value) => (value === null ? {} : { [key]: value }))

const metadataArbitrary = fc
  .tuple(
    maybe('span_id', ['a', 'b', 'c']),
    maybe('parent_id', ['a', 'b']),
    maybe('agent_name', ['planner', 'coder']),
    maybe('tool', ['grep', 'ls']),
    maybe('error', ['boom']),
    maybe('prompt_tokens', [7]),
  )
  .map((parts) => Object.assign({}, ...parts))

const lineArbitrary = fc
  .record({
    event_type: fc.constantFrom(
      ...['agent', 'turn', 'tool_call'].flatMap((kind) => [`${kind}_start`, `${kind}_end`]),
      'note',
      'error_classified',
    ),
    timestamp: fc.integer({ min: 0, max: 20 }).map((tick) => T0 + tick / 2),
    metadata: metadataArbitrary,
  })
  .map((event) => `${JSON.stringify(event)}\n`)

/** A few lines of one writer, and its connection state after them. */
const stepArbitrary = fc.record({
  lines: fc.array(lineArbitrary, { maxLength: 8 }),
  writer: fc.integer({ min: 0, max: 1 }),
  state: fc.constantFrom(undefined, undefined, 'live', 'lost', 'closed'),
})

interface Follower {
  readonly of: (columns: Columns) => () => unknown
  readonly name: string
}

const followers: readonly Follower[] = [
  { name: 'rows', of: (columns) => rowsOf(columns, new RowIndex()) },
  { name: 'density bins', of: (columns) => densityOf(columns, new DensityBins()) },
  { name: 'sums', of: (columns) => sumsOf(columns, new GroupSums()) },
  { name: 'counts', of: (columns) => countsOf(columns) },
]

function rowsOf(columns: Columns, index: RowIndex): () => unknown {
  return () => {
    index.sync(columns)
    return columns.groups.map(({ rows }, group) =>
      Array.from({ length: rows }, (_, row) => {
        const tree = index.spansOf(group, row)
        const marks = index.marksOf(group, row)
        return [tree?.slots.slice(0, tree.count) ?? [], marks?.all.slots, marks?.failed.slots].map(
          (slots) => [...(slots ?? [])],
        )
      }),
    )
  }
}

/** Sums of all bins, as a run that has grown may have wider bins. */
function densityOf(columns: Columns, bins: DensityBins): () => unknown {
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0)
  return () => {
    bins.sync(columns)
    const seconds = [...bins.byKind].map(([kind, values]) => `${kind} ${sum(values).toFixed(6)}`)
    return [seconds.sort(), sum(bins.errors), [...bins.open]]
  }
}

function sumsOf(columns: Columns, sums: GroupSums): () => unknown {
  return () => [sums.at(columns), sums.at(columns, T0 + 4)]
}

function countsOf(columns: Columns): () => unknown {
  const count = createCounter(columns)
  return () => [count(undefined), count(T0 + 4)]
}

/** All spans and marks without their rows, which depend on the order of arrival. */
function contentOf(columns: Columns): unknown {
  const spans = Array.from({ length: columns.spanCount }, (_, slot) => [
    columns.kinds[columns.kind.at(slot)],
    columns.strings[columns.subject.at(slot)],
    columns.groups[columns.group.at(slot)]?.label,
    ...[columns.startS, columns.endS, columns.fadeS, columns.parent, columns.flags].map((column) =>
      column.at(slot),
    ),
    ...[columns.errorAtS, columns.ambiguousAtS, columns.tokens].map((column) => column.at(slot)),
  ])
  const marks = currentMarks(columns).map((mark) => [
    columns.kinds[columns.markKind.at(mark)],
    columns.groups[columns.markGroup.at(mark)]?.label,
    ...[columns.markTimeS, columns.markParent, columns.markFlags].map((column) => column.at(mark)),
  ])
  return { spans, marks }
}

function currentMarks(columns: Columns): number[] {
  return Array.from({ length: columns.markCount }, (_, mark) => mark).filter(
    (mark) => (columns.markFlags.at(mark) & MarkFlag.REMOVED) === 0,
  )
}

/** Marks that are neither in the row of their span nor, without one, in the first row of a group. */
function strayMarks(columns: Columns): number[] {
  return currentMarks(columns).filter((mark) => {
    const parent = columns.markParent.at(mark)
    const isBeside = parent >= 0 && columns.group.at(parent) === columns.markGroup.at(mark)
    return columns.markRow.at(mark) !== (isBeside ? columns.row.at(parent) : 0)
  })
}

test('followers equal those built from scratch after each step and after regrouping', () => {
  fc.assert(
    fc.property(
      fc.array(stepArbitrary, { minLength: 1, maxLength: 10 }),
      fc.constantFrom('agent', 'kind'),
      (steps, groupBy) => {
        const columns = new ColumnStore()
        const ingestor = new Ingestor(groupBy)
        const following = followers.map(({ name, of }) => ({ name, of, read: of(columns) }))
        const check = () => {
          expect(following.map(({ name, read }) => [name, read()])).toEqual(
            following.map(({ name, of }) => [name, of(columns)()]),
          )
        }
        for (const { lines, writer, state } of steps) {
          ingestor.push(utf8.encode(lines.join('')), writer)
          if (state !== undefined) ingestor.trace.setWriter(writer, state)
          for (const patch of ingestor.flush()) columns.apply(patch)
          check()
        }
        expect(strayMarks(columns)).toEqual([])
        const before = contentOf(columns)
        for (const patch of ingestor.regroup(groupBy)) columns.apply(patch)
        expect(contentOf(columns)).toEqual(before)
        check()
      },
    ),
    { numRuns: RUNS },
  )
}, 60_000)
