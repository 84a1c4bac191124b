import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatHash, parseHash, toUnixS, type UrlView } from './url.ts'

const FIRST_S = 1_700_000_000.25

test('writes times as seconds since the first event', () => {
  const view: UrlView = {
    runId: 'run 7/ä',
    viewport: { startS: FIRST_S + 1.5, endS: FIRST_S + 2 },
    selected: { type: 'span', slot: 12 },
    query: 'is:error',
    groupBy: 'kind',
    colorBy: 'watts',
    playheadS: FIRST_S - 0.000001,
  }
  expect(formatHash(view, FIRST_S)).toBe(
    '#run=run+7%2F%C3%A4&t0=1.5&t1=2&sel=12&q=is%3Aerror&group=kind&color=watts&t=-0.000001',
  )
})

test('the list of runs has no hash, a run in its initial view only its id', () => {
  const plain: UrlView = {
    runId: undefined,
    viewport: undefined,
    selected: undefined,
    query: '',
    groupBy: 'agent',
    colorBy: 'kind',
    playheadS: undefined,
  }
  expect(formatHash(plain, FIRST_S)).toBe('')
  expect(formatHash({ ...plain, runId: 'r' }, FIRST_S)).toBe('#run=r')
})

test.each([
  ['', { runId: undefined }],
  ['#run=r&t0=2&t1=1', { viewport: undefined }],
  ['#run=r&t0=1', { viewport: undefined }],
  ['#run=r&t0=a&t1=b', { viewport: undefined }],
  ['#run=r&sel=m4', { selected: { type: 'mark', slot: 4 } }],
  ['#run=r&sel=-1', { selected: undefined }],
  ['#run=r&sel=4x', { selected: undefined }],
  ['#run=r&t=', { playheadS: undefined }],
  ['#run=r&group=', { groupBy: 'agent' }],
  ['#run=r&color=joules', { colorBy: 'joules' }],
  ['#run=r&color=red', { colorBy: 'kind' }],
])('%s', (hash, expected) => {
  expect(parseHash(hash)).toMatchObject(expected)
})

test('reads times above 1e8 as Unix seconds', () => {
  expect([toUnixS(5, FIRST_S), toUnixS(1.7e9, FIRST_S)]).toEqual([FIRST_S + 5, 1.7e9])
})

const seconds = fc.integer({ min: -1e9, max: 1e12 }).map((us) => us / 1e6)

test('reads back what it wrote, to the microsecond', () => {
  const views = fc.record({
    runId: fc.string({ minLength: 1 }),
    startS: seconds,
    widthS: fc.integer({ min: 1, max: 1e9 }).map((ms) => ms / 1e3),
    selected: fc.record({
      type: fc.constantFrom('span' as const, 'mark' as const),
      slot: fc.nat(999_999_999),
    }),
    query: fc.string(),
    groupBy: fc.string({ minLength: 1 }),
    colorBy: fc.constantFrom('kind' as const, 'joules' as const, 'watts' as const),
    playheadS: seconds,
  })
  fc.assert(
    fc.property(views, ({ startS, widthS, ...rest }) => {
      const viewport = { startS, endS: startS + widthS }
      const read = parseHash(formatHash({ ...rest, viewport }, 0))
      expect(read).toMatchObject({ runId: rest.runId, selected: rest.selected, query: rest.query })
      expect(read.colorBy).toBe(rest.colorBy)
      expect(read.groupBy).toBe(rest.groupBy)
      expect(read.playheadS).toBeCloseTo(rest.playheadS, 5)
      expect(read.viewport?.startS).toBeCloseTo(viewport.startS, 5)
    }),
  )
})
