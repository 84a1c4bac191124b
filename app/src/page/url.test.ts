import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatHash, parseHash, toUnixS, type WrittenView } from './url.ts'

const FIRST_S = 1_700_000_000.25

test('writes times as Unix seconds', () => {
  const view: WrittenView = {
    runId: 'run 7/ä',
    viewport: { startS: FIRST_S + 1.5, endS: FIRST_S + 2 },
    selected: 'turn@1700000000.25',
    query: 'is:error',
    groupBy: 'kind',
    colorBy: 'watts',
    playheadS: FIRST_S - 0.000001,
  }
  expect(formatHash(view)).toBe(
    '#run=run+7%2F%C3%A4&t0=1700000001.75&t1=1700000002.25&sel=turn%401700000000.25&q=is%3Aerror&group=kind&color=watts&t=1700000000.249999',
  )
})

test('the list of runs has no hash, a run in its initial view only its id', () => {
  const plain: WrittenView = {
    runId: undefined,
    viewport: undefined,
    selected: undefined,
    query: '',
    groupBy: 'agent',
    colorBy: 'kind',
    playheadS: undefined,
  }
  expect(formatHash(plain)).toBe('')
  expect(formatHash({ ...plain, runId: 'r' })).toBe('#run=r')
})

test.each([
  ['', { runId: undefined }],
  ['#run=r&t0=1', { viewport: undefined }],
  ['#run=r&t0=a&t1=b', { viewport: undefined }],
  ['#run=r&sel=m4', { selected: 'm4' }],
  ['#run=r&sel=', { selected: undefined }],
  ['#run=r&t=', { playhead: undefined }],
  ['#run=r&t=+12.5', { playhead: { seconds: 12.5, since: 'first' } }],
  ['#run=r&t=%2B12.5', { playhead: { seconds: 12.5, since: 'first' } }],
  ['#run=r&group=', { groupBy: 'agent' }],
  ['#run=r&color=joules', { colorBy: 'joules' }],
  ['#run=r&color=red', { colorBy: 'kind' }],
])('%s', (hash, expected) => {
  expect(parseHash(hash)).toMatchObject(expected)
})

const unixS = (text: string, firstS: number): number =>
  toUnixS(parseHash(`#run=r&t=${text}`).playhead!, firstS)

test('reads Unix seconds of any size, and times since the first event', () => {
  expect(unixS('+5', FIRST_S)).toBe(FIRST_S + 5)
  expect(unixS('820540785', FIRST_S)).toBe(820_540_785)
  expect(unixS('12.5', 3)).toBe(12.5)
  expect(unixS('12.5000000', FIRST_S)).toBe(12.5)
})

test('reads the small times of earlier versions as since the first event', () => {
  expect(unixS('48', FIRST_S)).toBe(FIRST_S + 48)
  expect(unixS('-0.5', FIRST_S)).toBe(FIRST_S - 0.5)
})

const seconds = fc.oneof(
  fc.integer({ min: -1e9, max: 1e12 }).map((us) => us / 1e6),
  fc.integer({ min: -3e9, max: 3e9 }),
  fc.double({ min: 1.6e9, max: 1.9e9, noNaN: true }),
)

test('reads back what it wrote, to the microsecond, whatever the first event is', () => {
  const views = fc.record({
    runId: fc.string({ minLength: 1 }),
    startS: seconds,
    widthS: fc.integer({ min: 1, max: 1e9 }).map((ms) => ms / 1e3),
    selected: fc.string({ minLength: 1 }),
    query: fc.string(),
    groupBy: fc.string({ minLength: 1 }),
    colorBy: fc.constantFrom('kind' as const, 'joules' as const, 'watts' as const),
    playheadS: seconds,
    firstS: seconds,
  })
  fc.assert(
    fc.property(views, ({ startS, widthS, firstS, ...rest }) => {
      const viewport = { startS, endS: startS + widthS }
      const read = parseHash(formatHash({ ...rest, viewport }))
      const { runId, selected, query, colorBy, groupBy } = rest
      expect(read).toMatchObject({ runId, selected, query, colorBy, groupBy })
      expect(toUnixS(read.playhead!, firstS)).toBeCloseTo(rest.playheadS, 5)
      expect(toUnixS(read.viewport!.start, firstS)).toBeCloseTo(viewport.startS, 5)
      expect(toUnixS(read.viewport!.end, firstS)).toBeCloseTo(viewport.endS, 5)
    }),
  )
})
