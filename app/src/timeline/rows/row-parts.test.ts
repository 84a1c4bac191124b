import fc from 'fast-check'
import { expect, test } from 'vitest'
import { coverOf } from './cover.ts'
import { NEW_WIDTH, RowParts, type RowView } from './row-parts.ts'
import { RowIndex } from './row-index.ts'
import type { RowTree } from './row-tree.ts'
import { SyntheticTrace, type SyntheticSpan } from '../testing/columns.ts'

const T0 = 1_800_000_000

/** Mostly a stream of short spans; some late, some long, some without an end. */
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

/** What arrives between two frames: how many spans start, and which of the older ones end. */
const stepArbitrary = fc.record({
  spans: fc.array(spanArbitrary, { maxLength: 30 }),
  ends: fc.array(fc.nat(200), { maxLength: 3 }),
})

function partsOf(cut: RowParts): unknown[] {
  const { startS, endS, ownFlags, from, to, cover, errorAfterS, kind, joined } = cut
  return Array.from({ length: cut.count }, (_, at) => {
    const part = [startS[at], endS[at], kind[at], from[at], to[at], ownFlags[at], joined[at]]
    return ownFlags[at] === 0 ? [...part, cover[at], errorAfterS[at]] : part
  })
}

function freshCut(trace: SyntheticTrace, tree: RowTree, view: RowView): RowParts {
  const cut = new RowParts()
  cut.read(tree, trace.columns, view)
  return cut
}

function spanAfter(atS: number, given: GivenSpan): SyntheticSpan {
  const { gapS, lengthS, isFailed, kind } = given
  const startS = Math.max(T0, atS + gapS)
  const endS = lengthS === undefined ? undefined : startS + lengthS
  return { kind, startS, endS, ...(isFailed && endS !== undefined ? { errorAtS: endS } : {}) }
}

test('a cut that followed its row is the one that would be made now', () => {
  fc.assert(
    fc.property(
      fc.array(stepArbitrary, { minLength: 1, maxLength: 8 }),
      viewArbitrary,
      (steps, view) => {
        const trace = new SyntheticTrace()
        const index = new RowIndex()
        const cut = new RowParts()
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
          cut.read(tree, trace.columns, view)
          expect(partsOf(cut)).toEqual(partsOf(freshCut(trace, tree, view)))
        }
      },
    ),
  )
})

test('a cut stands for every span that is seen, in order, and sums up only what is narrow', () => {
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
        const cut = freshCut(trace, tree, view)
        const parts = Array.from({ length: cut.count }, (_, part) => part)
        expect(parts.filter((part) => !isRight(trace, tree, cut, part, view.columnS))).toEqual([])
        const held = new Set(
          parts.flatMap((part) => [...tree.slots.subarray(cut.from[part], cut.to[part])]),
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

/** Whether a part says of its spans what they say themselves. */
function isRight(
  { columns }: SyntheticTrace,
  tree: RowTree,
  cut: RowParts,
  part: number,
  columnS: number,
): boolean {
  const from = cut.from[part]!
  const slots = [...tree.slots.subarray(from, cut.to[part])]
  if (part > 0 && from < cut.to[part - 1]!) return false
  if (cut.ownFlags[part] !== 0)
    return slots.length === 1 && columns.flags.at(slots[0]!) + 1 === cut.ownFlags[part]
  const startS = cut.startS[part]!
  const lengths = slots.map((slot) => columns.endS.at(slot) - columns.startS.at(slot))
  const coveredS = lengths.reduce((sum, lengthS) => sum + lengthS, 0)
  const errors = slots.map((slot) => columns.errorAtS.at(slot) - startS)
  const errorAfterS = Math.min(Infinity, ...errors.filter((afterS) => !Number.isNaN(afterS)))
  const isNarrow = slots.every((slot) => columns.endS.at(slot) - startS < columnS)
  const tells = cut.errorAfterS[part]!
  const isErrorRight = tells === errorAfterS || (tells <= errorAfterS && errorAfterS - tells < 1e-5)
  // Sums differ by the order in which they are made, so a share at an edge may count as either.
  const share = coveredS / (columnS * NEW_WIDTH)
  const covers = [coverOf(share - 1e-9), coverOf(share + 1e-9)]
  return isNarrow && isErrorRight && covers.includes(cut.cover[part]!) && isJoinedRight(cut, part)
}

/** Whether what is drawn with the part before it looks as that does, and ends no earlier. */
function isJoinedRight(cut: RowParts, part: number): boolean {
  if (cut.joined[part] === 0) return true
  const looks = [part - 1, part].map((at) => {
    return [cut.ownFlags[at], cut.kind[at], cut.cover[at], cut.errorAfterS[at] === Infinity].join()
  })
  return looks[0] === looks[1] && cut.endS[part]! >= cut.endS[part - 1]!
}

test('a view that moves within what a cut was made for finds it as it is', () => {
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
  const cut = freshCut(trace, tree, { leftS: T0 + 400, rightS: T0 + 500, columnS: 3 })
  const made = partsOf(cut)
  cut.read(tree, trace.columns, { leftS: T0 + 390, rightS: T0 + 510, columnS: 3.5 })
  expect(partsOf(cut)).toEqual(made)
  cut.read(tree, trace.columns, { leftS: T0 + 300, rightS: T0 + 400, columnS: 3 })
  expect(partsOf(cut)).not.toEqual(made)
})
