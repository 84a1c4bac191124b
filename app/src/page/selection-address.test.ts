import fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnsOf } from '../testing/trace.ts'
import { findSelected, formatSelected } from './selection-address.ts'

const line = (type: string, timestamp: number, id: number): string =>
  `${JSON.stringify({ event_type: type, timestamp, metadata: { call_id: id } })}\n`

const events = fc.array(
  fc.record({
    kind: fc.constantFrom('tool_call', 'a~2', 'x@7', 'turn!', 'm'),
    phase: fc.constantFrom('_start', ''),
    timestamp: fc.oneof(
      fc.constantFrom(1.7e9, 1.7e9 + 0.1, 5),
      fc.double({ min: 1.6e9, max: 1.7e9, noNaN: true }),
    ),
  }),
  { minLength: 1, maxLength: 12 },
)

test('finds each span and mark by its address, also after earlier events arrive', () => {
  fc.assert(
    fc.property(events, (all) => {
      const lines = all.map(({ kind, phase, timestamp }, at) => line(kind + phase, timestamp, at))
      const columns = columnsOf(lines.join(''), { isOver: false })
      const late = columnsOf([...lines, line('late_start', 1.5e9, 99)].join(''), { isOver: false })
      for (const [type, count] of [
        ['span', columns.spanCount],
        ['mark', columns.markCount],
      ] as const)
        for (let slot = 0; slot < count; slot++) {
          const address = formatSelected(columns, { type, slot })
          expect(findSelected(columns, address!)).toEqual({ type, slot })
          expect(findSelected(late, address!)).toEqual({ type, slot })
        }
    }),
  )
})

test('finds the slots of earlier versions, and nothing that is not in the log', () => {
  const columns = columnsOf(line('tool_call_start', 1.7e9, 1))
  expect(findSelected(columns, '0')).toEqual({ type: 'span', slot: 0 })
  for (const address of [
    '1',
    'm0',
    '-1',
    '4x',
    'tool_call@1',
    'turn@1700000000',
    'tool_call@1700000000~2',
  ])
    expect(findSelected(columns, address)).toBeUndefined()
})
