import { expect, test } from 'vitest'
import { logText, T0 } from '../testing/log.ts'
import { columnsOf } from '../testing/trace.ts'
import { nextError, nextEventS } from './next-event.ts'

//   0    1    2    3    4
//   ├────────── a ──────┤
//        ├─ b ✕ ┤
const columns = columnsOf(
  logText([
    ['agent', 0, 4],
    ['tool_call', 1, 2, {}, { success: false }],
  ]),
)

test.each([
  [-1, 1, 0],
  [0, 1, 1],
  [1.5, 1, 2],
  [4, 1, undefined],
  [4, -1, 2],
  [2, -1, 1],
  [0, -1, undefined],
] as const)('from %s in direction %s the next event is at %s', (fromS, direction, expected) => {
  const timeS = nextEventS(columns, T0 + fromS, direction)
  expect(timeS === undefined ? undefined : timeS - T0).toBe(expected)
})

test('finds the span of an error at the time at which it becomes known', () => {
  expect(nextError(columns, T0, 1)).toEqual({ slot: 1, timeS: T0 + 2 })
  expect(nextError(columns, T0 + 2, 1)).toBeUndefined()
  expect(nextError(columns, T0 + 3, -1)?.timeS).toBe(T0 + 2)
})
