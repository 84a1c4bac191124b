import { expect, test } from 'vitest'
import { detect } from '../detect.ts'
import { utf8 } from '../testing/read-log.ts'
import { isPlainlyNative } from './native.ts'

const event = (type: string, data = 'metadata') =>
  JSON.stringify({ event_type: type, timestamp: 1, [data]: { tool: 'x' } })

test.each([
  [`${event('tool_call_start')}\n${event('tool_call_end')}\n`, true],
  [`${event('tool_call_start')}\n{"event_ty`, true],
  ['{"timestamp":1,"reading":{"power_watts":1}}\n', true],
  ['{"wattline":"writer","id":"w"}\n', true],
  [`${event('inference_start')}\n`, false],
  [`${event('tool_call_start')}\nnot json\n`, false],
  ['{"a":1}\n', false],
  ['', false],
])('%j is plainly native: %s', (text, isNative) => {
  expect(isPlainlyNative(text)).toBe(isNative)
  const { kind } = detect(utf8.encode(text), true, utf8.decode) ?? {}
  expect(isNative && kind !== 'native').toBe(false)
})

test('an event with data instead of metadata is not plainly native', () => {
  expect(isPlainlyNative(`${event('tool_call_start', 'data')}\n`)).toBe(false)
})
