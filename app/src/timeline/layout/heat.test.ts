import { expect, test } from 'vitest'
import { columnsOf } from '../../testing/trace.ts'
import { logText, T0 } from '../../testing/log.ts'
import { HEAT_COLOR_NAMES, heatRange, heatStep, heatVariable, UNKNOWN_HEAT } from './heat.ts'

/** Two spans of 2 s: one of 10 J, one without a known value. */
function measured() {
  const columns = columnsOf(
    logText([
      ['tool_call', 0, 2],
      ['tool_call', 3, 5],
    ]),
  )
  columns.ownJ.set(0, 10)
  return columns
}

test('joules have a logarithmic scale of three decades, watts a linear one', () => {
  const columns = measured()
  const by = (heat: Parameters<typeof heatStep>[1]) => heatStep(columns, heat, 0, T0 + 2)
  expect(by({ by: 'joules', top: 10 })).toBe(UNKNOWN_HEAT - 1)
  expect(by({ by: 'joules', top: 300 })).toBe(Math.floor((1 - Math.log10(30) / 3) * UNKNOWN_HEAT))
  expect(by({ by: 'joules', top: 1e9 })).toBe(0)
  expect(by({ by: 'watts', top: 10 })).toBe(UNKNOWN_HEAT / 2)
  expect(heatRange({ by: 'joules', top: 2000 })).toEqual([2, 2000])
  expect(heatRange({ by: 'watts', top: 300 })).toEqual([0, 300])
})

test('unknown values and spans without length have the unknown step', () => {
  const columns = measured()
  expect(heatStep(columns, { by: 'joules', top: 1 }, 1, T0 + 5)).toBe(UNKNOWN_HEAT)
  expect(heatStep(columns, { by: 'watts', top: 1 }, 0, T0)).toBe(UNKNOWN_HEAT)
})

test('each step has a color variable that no kind has', () => {
  expect(HEAT_COLOR_NAMES.map(heatVariable)).toEqual([
    ...Array.from({ length: UNKNOWN_HEAT }, (_, step) => `--heat-${step}`),
    '--heat-unknown',
  ])
  expect(heatVariable('heat-1')).toBeUndefined()
})
