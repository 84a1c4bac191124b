import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PixelRows } from './pixel-rows.ts'

const RED = 0xff0000ff

interface Bar {
  readonly leftPx: number
  readonly rightPx: number
  readonly kind?: number
  readonly cover?: number
  readonly fails?: 'alone' | 'merged'
  readonly topPx?: number
}

/** A bar's ink is its kind, as opaque as it is covered. */
function stripsOf(bars: readonly Bar[], deviceRatio = 1): PixelRows {
  const strips = new PixelRows()
  strips.begin(10, 100, deviceRatio)
  for (const { leftPx, rightPx, kind = 1, cover = 4, fails, topPx = 20 } of bars) {
    strips.beginRow(topPx, 16)
    strips.bar(leftPx, rightPx, (((cover * 60) << 24) | kind) >>> 0)
    if (fails !== undefined) strips.failure(leftPx, rightPx, fails === 'merged', RED)
  }
  return strips
}

/** One line as letters: the kind's number, `!` for an error, `·` for nothing. */
function line(strips: PixelRows, at: number): string {
  const pixels = new Uint32Array(strips.bytes.buffer).subarray(at * strips.width)
  return Array.from(pixels.subarray(0, strips.width), (pixel) => {
    if (pixel === RED) return '!'
    return pixel === 0 ? '·' : String(pixel & 0xffffff)
  }).join('')
}

test('bars are runs of pixels, a line a row', () => {
  const strips = stripsOf([
    { leftPx: 1, rightPx: 3 },
    { leftPx: 3, rightPx: 4, kind: 2 },
    { leftPx: 0, rightPx: 2, topPx: 40 },
  ])
  expect([line(strips, 0), line(strips, 2)]).toEqual(['·112······', '11········'])
  expect(strips.rows.map(({ topPx }) => topPx)).toEqual([20, 40])
})

test('device pixels are told apart', () => {
  expect(line(stripsOf([{ leftPx: 1.5, rightPx: 3 }], 2), 0)).toBe('···111··············')
})

test('where bars lie over each other, the one that covers more is seen', () => {
  const strips = stripsOf([
    { leftPx: 0, rightPx: 4, cover: 3 },
    { leftPx: 2, rightPx: 6, kind: 2, cover: 1 },
    { leftPx: 3, rightPx: 4, kind: 3, cover: 4 },
  ])
  expect(line(strips, 0)).toBe('111322····')
})

test('a bar whose end is not known pales towards it, and hides nothing there that is firm', () => {
  const strips = stripsOf([{ leftPx: 5, rightPx: 7, kind: 2 }])
  strips.fadingBar(0, 8, 4, ((240 << 24) | 1) >>> 0)
  expect(line(strips, 0)).toBe('11111221··')
  const pixels = new Uint32Array(strips.bytes.buffer)
  expect([pixels[4]! >>> 24, pixels[7]! >>> 24]).toEqual([240, 60])
})

test('a failed bar is red for three pixels, and of a merged one only a flag', () => {
  const strips = stripsOf([
    { leftPx: 1, rightPx: 2, fails: 'alone' },
    { leftPx: 5, rightPx: 6, fails: 'merged' },
  ])
  expect([line(strips, 0), line(strips, 1)]).toEqual(['·!!!·1····', '·····!!!··'])
  expect(strips.rows[0]?.hasFlags).toBe(true)
})

test('no failure that is in sight is without a red pixel', () => {
  const bar = fc.record({
    leftPx: fc.integer({ min: -3, max: 9 }),
    widthPx: fc.integer({ min: 1, max: 5 }),
    cover: fc.integer({ min: 1, max: 4 }),
    fails: fc.constantFrom(undefined, 'alone' as const, 'merged' as const),
  })
  fc.assert(
    fc.property(fc.array(bar, { maxLength: 20 }), (drawn) => {
      const strips = stripsOf(
        drawn.map(({ leftPx, widthPx, cover, fails }) => ({
          leftPx,
          rightPx: leftPx + widthPx,
          cover,
          ...(fails === undefined ? {} : { fails }),
        })),
      )
      for (const { leftPx, fails } of drawn) {
        if (fails === undefined || leftPx < 0) continue
        expect(line(strips, fails === 'merged' ? 1 : 0)[leftPx]).toBe('!')
      }
    }),
  )
})
