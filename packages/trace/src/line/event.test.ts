import { expect, test } from 'vitest'
import { EventType, splitEventType } from './event.ts'

test.each([
  ['tool_call_start', 'tool_call', 'start'],
  ['tool_call_end', 'tool_call', 'end'],
  ['my_own_thing_start', 'my_own_thing', 'start'],
  ['wait_end', 'wait', 'end'],
  ['x_end', 'x', 'end'],
  ['retry_attempt', 'retry_attempt', 'point'],
  // An exception: a point although it ends in _end.
  ['trajectory_end', 'trajectory_end', 'point'],
  // A suffix without a kind is a point.
  ['_start', '_start', 'point'],
  ['_end', '_end', 'point'],
  ['start', 'start', 'point'],
  ['backend', 'backend', 'point'],
  ['', '', 'point'],
  ['__proto___start', '__proto__', 'start'],
])('%j has the kind %j and the phase %s', (type, kind, phase) => {
  expect(splitEventType(type)).toEqual({ kind, phase })
})

test('EventType has the 18 types of Intelligence Per Watt: seven pairs and four points', () => {
  const phases = Object.values(EventType).map((type) => splitEventType(type).phase)
  expect(phases.filter((phase) => phase === 'start')).toHaveLength(7)
  expect(phases.filter((phase) => phase === 'end')).toHaveLength(7)
  expect(phases.filter((phase) => phase === 'point')).toHaveLength(4)
  for (const [name, type] of Object.entries(EventType)) expect(name.toLowerCase()).toBe(type)
})
