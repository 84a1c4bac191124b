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

/** The color of a bar is the number of its kind, with its cover as opacity. */
function rowsOf(bars: readonly Bar[], deviceRatio = 1): PixelRows {
  const pixelRows = new PixelRows()
  pixelRows.begin(10, 100, deviceRatio)
  for (const { leftPx, rightPx, kind = 1, cover = 4, fails, topPx = 20 } of bars) {
    pixelRows.beginRow(topPx, 16)
    pixelRows.bar(leftPx, rightPx, (((cover * 60) << 24) | kind) >>> 0)
    if (fails !== undefined) pixelRows.failure(leftPx, rightPx, fails === 'merged', RED)
  }
  return pixelRows
}

/** A line as characters: the number of the kind, `!` for an error, `·` for nothing. */
function line(pixelRows: PixelRows, at: number): string {
  const pixels = new Uint32Array(pixelRows.bytes.buffer).subarray(at * pixelRows.width)
  return Array.from(pixels.subarray(0, pixelRows.width), (pixel) => {
    if (pixel === RED) return '!'
    return pixel === 0 ? '·' : String(pixel & 0xffffff)
  }).join('')
}

test('writes the bars of each row into a line', () => {
  const pixelRows = rowsOf([
    { leftPx: 1, rightPx: 3 },
    { leftPx: 3, rightPx: 4, kind: 2 },
    { leftPx: 0, rightPx: 2, topPx: 40 },
  ])
  expect([line(pixelRows, 0), line(pixelRows, 2)]).toEqual(['·112······', '11········'])
  expect(pixelRows.rows.map(({ topPx }) => topPx)).toEqual([20, 40])
})

test('has the resolution of device pixels', () => {
  expect(line(rowsOf([{ leftPx: 1.5, rightPx: 3 }], 2), 0)).toBe('···111··············')
})

test('where bars overlap, keeps the more opaque one', () => {
  const pixelRows = rowsOf([
    { leftPx: 0, rightPx: 4, cover: 3 },
    { leftPx: 2, rightPx: 6, kind: 2, cover: 1 },
    { leftPx: 3, rightPx: 4, kind: 3, cover: 4 },
  ])
  expect(line(pixelRows, 0)).toBe('111322····')
})

test('a fading bar gets paler to its end, and does not hide an opaque bar there', () => {
  const pixelRows = rowsOf([{ leftPx: 5, rightPx: 7, kind: 2 }])
  pixelRows.fadingBar(0, 8, 4, ((240 << 24) | 1) >>> 0)
  expect(line(pixelRows, 0)).toBe('11111221··')
  const pixels = new Uint32Array(pixelRows.bytes.buffer)
  expect([pixels[4]! >>> 24, pixels[7]! >>> 24]).toEqual([240, 60])
})

test('a failed bar has a red edge of three pixels, a merged one only a flag', () => {
  const pixelRows = rowsOf([
    { leftPx: 1, rightPx: 2, fails: 'alone' },
    { leftPx: 5, rightPx: 6, fails: 'merged' },
  ])
  expect([line(pixelRows, 0), line(pixelRows, 1)]).toEqual(['·!!!·1····', '·····!!!··'])
  expect(pixelRows.rows[0]?.hasFlags).toBe(true)
})

test('every visible failure has a red pixel', () => {
  const bar = fc.record({
    leftPx: fc.integer({ min: -3, max: 9 }),
    widthPx: fc.integer({ min: 1, max: 5 }),
    cover: fc.integer({ min: 1, max: 4 }),
    fails: fc.constantFrom(undefined, 'alone' as const, 'merged' as const),
  })
  fc.assert(
    fc.property(fc.array(bar, { maxLength: 20 }), (drawn) => {
      const pixelRows = rowsOf(
        drawn.map(({ leftPx, widthPx, cover, fails }) => ({
          leftPx,
          rightPx: leftPx + widthPx,
          cover,
          ...(fails === undefined ? {} : { fails }),
        })),
      )
      for (const { leftPx, fails } of drawn) {
        if (fails === undefined || leftPx < 0) continue
        expect(line(pixelRows, fails === 'merged' ? 1 : 0)[leftPx]).toBe('!')
      }
    }),
  )
})
