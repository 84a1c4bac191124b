import fc from 'fast-check'
import { expect, test } from 'vitest'
import { coverOf } from './cover.ts'
import { NEW_WIDTH, RowParts, type RowView } from './row-parts.ts'
import { RowIndex } from './row-index.ts'
import type { RowTree } from './row-tree.ts'
import { SyntheticTrace, type SyntheticSpan } from '../testing/columns.ts'

const T0 = 1_800_000_000

/** Mostly consecutive short spans; some late, long or open. */
const spanArbitrary = fc.record({
  gapS: fc.constantFrom(0, 0.25, 0.25, 0.25, 0.5, 1, 6, -8),
  lengthS: fc.constantFrom(undefined, 0, 0.25, 0.25, 0.25, 0.5, 1, 9),
  isFailed: fc.boolean(),
  kind: fc.constantFrom('lm', 'tool'),
})

type GivenSpan = typeof spanArbitrary extends fc.Arbitrary<infer T> ? T : never

const viewArbitrary = fc
  .record({
    leftS: fc.constantFrom(-10, 0, 7, 30),
    widthS: fc.constantFrom(10, 50, 200),
    columnS: fc.constantFrom(0.1, 1, 1, 2, 3, 8),
  })
  .map(({ leftS, widthS, columnS }): RowView => {
    return { leftS: T0 + leftS, rightS: T0 + leftS + widthS, columnS }
  })

/** New spans between two frames, and older spans that end. */
const stepArbitrary = fc.record({
  spans: fc.array(spanArbitrary, { maxLength: 30 }),
  ends: fc.array(fc.nat(200), { maxLength: 3 }),
})

function listOf(parts: RowParts): unknown[] {
  const { startS, endS, ownFlags, from, to, cover, errorAfterS, kind, joined } = parts
  return Array.from({ length: parts.count }, (_, at) => {
    const part = [startS[at], endS[at], kind[at], from[at], to[at], ownFlags[at], joined[at]]
    return ownFlags[at] === 0 ? [...part, cover[at], errorAfterS[at]] : part
  })
}

function newParts(trace: SyntheticTrace, tree: RowTree, view: RowView): RowParts {
  const parts = new RowParts()
  parts.read(tree, trace.columns, view)
  return parts
}

function spanAfter(atS: number, given: GivenSpan): SyntheticSpan {
  const { gapS, lengthS, isFailed, kind } = given
  const startS = Math.max(T0, atS + gapS)
  const endS = lengthS === undefined ? undefined : startS + lengthS
  return { kind, startS, endS, ...(isFailed && endS !== undefined ? { errorAtS: endS } : {}) }
}

test('parts that follow a row equal new ones', () => {
  fc.assert(
    fc.property(
      fc.array(stepArbitrary, { minLength: 1, maxLength: 8 }),
      viewArbitrary,
      (steps, view) => {
        const trace = new SyntheticTrace()
        const index = new RowIndex()
        const parts = new RowParts()
        let atS = T0
        for (const { spans, ends } of steps) {
          trace.add(
            spans.map((given) => {
              const span = spanAfter(atS, given)
              atS = Math.max(atS, span.startS)
              return span
            }),
          )
          for (const end of ends) {
            if (end < trace.columns.spanCount) trace.change(end, { endS: atS })
          }
          index.sync(trace.columns)
          const tree = index.spansOf(0, 0)
          if (tree === undefined) continue
          parts.read(tree, trace.columns, view)
          expect(listOf(parts)).toEqual(listOf(newParts(trace, tree, view)))
        }
      },
    ),
  )
})

test('parts contain every visible span in order, and merge only narrow ones', () => {
  fc.assert(
    fc.property(
      fc.array(spanArbitrary, { minLength: 1, maxLength: 200 }),
      viewArbitrary,
      (spans, view) => {
        const trace = new SyntheticTrace()
        let atS = T0
        trace.add(
          spans.map((given) => {
            const span = spanAfter(atS, given)
            atS = span.startS
            return span
          }),
        )
        const index = new RowIndex()
        index.sync(trace.columns)
        const tree = index.spansOf(0, 0)!
        const parts = newParts(trace, tree, view)
        const indexes = Array.from({ length: parts.count }, (_, part) => part)
        expect(indexes.filter((part) => !isRight(trace, tree, parts, part, view.columnS))).toEqual(
          [],
        )
        const held = new Set(
          indexes.flatMap((part) => [...tree.slots.subarray(parts.from[part], parts.to[part])]),
        )
        const { columns } = trace
        const missing = Array.from({ length: columns.spanCount }, (_, slot) => slot).filter(
          (slot) => {
            if (columns.startS.at(slot) > view.rightS) return false
            return !(columns.endS.at(slot) < view.leftS) && !held.has(slot)
          },
        )
        expect(missing).toEqual([])
      },
    ),
  )
})

/** Whether a part describes its spans correctly. */
function isRight(
  { columns }: SyntheticTrace,
  tree: RowTree,
  parts: RowParts,
  part: number,
  columnS: number,
): boolean {
  const from = parts.from[part]!
  const slots = [...tree.slots.subarray(from, parts.to[part])]
  if (part > 0 && from < parts.to[part - 1]!) return false
  if (parts.ownFlags[part] !== 0)
    return slots.length === 1 && columns.flags.at(slots[0]!) + 1 === parts.ownFlags[part]
  const startS = parts.startS[part]!
  const lengths = slots.map((slot) => columns.endS.at(slot) - columns.startS.at(slot))
  const coveredS = lengths.reduce((sum, lengthS) => sum + lengthS, 0)
  const errors = slots.map((slot) => columns.errorAtS.at(slot) - startS)
  const errorAfterS = Math.min(Infinity, ...errors.filter((afterS) => !Number.isNaN(afterS)))
  const isNarrow = slots.every((slot) => columns.endS.at(slot) - startS < columnS)
  const shownAfterS = parts.errorAfterS[part]!
  const isErrorRight =
    shownAfterS === errorAfterS || (shownAfterS <= errorAfterS && errorAfterS - shownAfterS < 1e-5)
  // Sums depend on their order, so a share at the limit of a quarter may count as either.
  const share = coveredS / (columnS * NEW_WIDTH)
  const covers = [coverOf(share - 1e-9), coverOf(share + 1e-9)]
  return (
    isNarrow && isErrorRight && covers.includes(parts.cover[part]!) && isJoinedRight(parts, part)
  )
}

/** Whether a joined part looks like the part before it and does not end earlier. */
function isJoinedRight(parts: RowParts, part: number): boolean {
  if (parts.joined[part] === 0) return true
  const looks = [part - 1, part].map((at) => {
    return [
      parts.ownFlags[at],
      parts.kind[at],
      parts.cover[at],
      parts.errorAfterS[at] === Infinity,
    ].join()
  })
  return looks[0] === looks[1] && parts.endS[part]! >= parts.endS[part - 1]!
}

test('parts stay the same while the view moves a little', () => {
  const trace = new SyntheticTrace().add(
    Array.from({ length: 1000 }, (_, at) => ({
      kind: 'tool',
      startS: T0 + at,
      endS: T0 + at + 0.5,
    })),
  )
  const index = new RowIndex()
  index.sync(trace.columns)
  const tree = index.spansOf(0, 0)!
  const parts = newParts(trace, tree, { leftS: T0 + 400, rightS: T0 + 500, columnS: 3 })
  const before = listOf(parts)
  parts.read(tree, trace.columns, { leftS: T0 + 390, rightS: T0 + 510, columnS: 3.5 })
  expect(listOf(parts)).toEqual(before)
  parts.read(tree, trace.columns, { leftS: T0 + 300, rightS: T0 + 400, columnS: 3 })
  expect(listOf(parts)).not.toEqual(before)
})
