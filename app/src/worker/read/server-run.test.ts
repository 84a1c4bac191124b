import { expect, test } from 'vitest'
import { parseControl, parseRun, serverTimeS } from './server-run.ts'

test('parses a run of the server', () => {
  const run = parseRun({
    id: 'r1',
    name: 'planner',
    state: 'live',
    createdAt: 5,
    startedAt: null,
    updatedAt: 9,
    bytes: 10,
    events: 2,
    readOnly: false,
    writers: [
      { id: 'w', name: '', state: 'lost', events: 2, lost: 1, lastSeenAt: 9 },
      { id: 'v', name: 'v', state: 'live', lost: 0, duplicates: 3, clockBehindS: -3.5 },
      { id: 'file', state: 'closed', duplicates: null, clockBehindS: null },
      'nonsense',
    ],
  })
  expect(run?.entry).toEqual({
    id: 'r1',
    name: 'planner',
    state: 'live',
    startedS: 5,
    updatedS: 9,
    events: 2,
    bytes: 10,
    readOnly: false,
    aheadS: 3.5,
    local: false,
  })
  const unknown = { duplicates: undefined, clockBehindS: undefined }
  expect(run?.writers).toEqual([
    { id: 'w', name: '', state: 'lost', lost: 1, ...unknown },
    { id: 'v', name: 'v', state: 'live', lost: 0, duplicates: 3, clockBehindS: -3.5 },
    { id: 'file', name: '', state: 'closed', lost: 0, ...unknown },
  ])
})

test.each([[undefined], [null], [[]], ['run'], [{}], [{ id: 7 }]])('%j is not a run', (value) => {
  expect(parseRun(value)).toBeUndefined()
})

test('missing and unknown values have a default', () => {
  expect(parseRun({ id: 'r', state: 'hibernating' })?.entry).toMatchObject({
    name: 'r',
    state: 'ended',
  })
})

test.each([
  ['{"gen":"g","run":{"id":"r"}}', 'hello'],
  ['{"writer":"w"}', 'writer'],
  ['{"run":{"id":"r"}}', 'run'],
  ['{"caughtUp":12}', 'caughtUp'],
  ['{"caughtUp":0}', 'caughtUp'],
  ['{"reset":"g2"}', 'reset'],
  ['{"weather":"fine"}', 'unknown'],
  ['{"run":5}', 'unknown'],
  ['[]', 'unknown'],
  ['{', 'unknown'],
])('%s is %s', (frame, type) => {
  expect(parseControl(frame).type).toBe(type)
})

test.each([
  [
    [
      { state: 'live', clockBehindS: -60 },
      { state: 'live', clockBehindS: -7200 },
    ],
    60,
  ],
  [
    [
      { state: 'live', clockBehindS: 0.2 },
      { state: 'live', clockBehindS: -86_400 },
    ],
    undefined,
  ],
  [[{ state: 'live', clockBehindS: null }], undefined],
  [[{ state: 'live', clockBehindS: -0.9 }], undefined],
  [[{ state: 'live', clockBehindS: 300 }], undefined],
  [
    [
      { state: 'lost', clockBehindS: 0 },
      { state: 'live', clockBehindS: -60 },
    ],
    60,
  ],
  [[], undefined],
])('now is ahead when all live writers are: %j', (writers, aheadS) => {
  const ofRun = writers.map((writer, at) => ({ id: `w${at}`, ...writer }))
  expect(parseRun({ id: 'r', state: 'live', writers: ofRun })?.entry.aheadS).toBe(aheadS)
})

test('reads the clock of the server in a frame', () => {
  expect(serverTimeS('{"beat":12,"now":1700000000.25}')).toBe(1_700_000_000.25)
  expect(serverTimeS('{"run":{"id":"r","name":"\\"now\\":7}"}}')).toBeUndefined()
})

test.each([
  [[{ state: 'live', quiet: true, lastSeenAt: 5 }], 5],
  [
    [
      { state: 'live', quiet: true, lastSeenAt: 5 },
      { state: 'live', quiet: true, lastSeenAt: 7 },
      { state: 'closed', quiet: false, lastSeenAt: 9 },
    ],
    7,
  ],
  [
    [
      { state: 'live', quiet: true, lastSeenAt: 5 },
      { state: 'live', quiet: false, lastSeenAt: 7 },
    ],
    undefined,
  ],
  [[{ state: 'closed', quiet: true, lastSeenAt: 5 }], undefined],
  [[], undefined],
])('a run is quiet when all live writers are: %j', (writers, sinceS) => {
  const ofRun = writers.map((writer, at) => ({ id: `w${at}`, ...writer }))
  expect(parseRun({ id: 'r', writers: ofRun })?.entry.quietSinceS).toBe(sinceS)
})
