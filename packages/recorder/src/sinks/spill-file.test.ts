import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeBatch } from './batch.ts'
import type { Batch } from './sink.ts'
import { SpillFile } from './spill-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wattline-spill-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const decode = (batch: Batch | undefined) => new TextDecoder().decode(batch?.bytes)
const lines = (from: number, count: number, pad = 0) =>
  Array.from({ length: count }, (_, i) => `${from + i}${'x'.repeat(pad)}\n`).join('')

describe('SpillFile', () => {
  test('is a first-in first-out queue of lines', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 300 }), pad: fc.constantFrom(0, 50, 2_000) }),
      fc.constant('shift' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const spill = new SpillFile('queue', 1e9, folder)
        let pushed = ''
        let shifted = ''
        let [pushedLines, shiftedLines] = [0, 0]
        for (const now of steps) {
          if (now === 'shift') {
            const batch = spill.shift()
            if (batch === undefined) continue
            shifted += decode(batch)
            shiftedLines += batch.count
          } else {
            const text = lines(pushedLines, now.push, now.pad)
            spill.push(makeBatch(text, now.push))
            pushed += text
            pushedLines += now.push
          }
          expect(spill.count).toBe(pushedLines - shiftedLines)
        }
        while (spill.count > 0) shifted += decode(spill.shift())
        expect(shifted === pushed).toBe(true)
        spill.close()
      }),
      { numRuns: 50 },
    )
    expect(readdirSync(folder)).toEqual([])
  })

  test('merges small batches into larger ones', () => {
    const spill = new SpillFile('merge', 1e6, folder)
    for (let i = 0; i < 100; i++) spill.push(makeBatch(lines(i, 1), 1))
    expect(spill.shift()).toMatchObject({ count: 100 })
    expect(spill.count).toBe(0)
    spill.close()
  })

  test('throws instead of exceeding its size, and keeps what it has', () => {
    const spill = new SpillFile('full', 1_000, folder)
    spill.push(makeBatch(lines(0, 10, 50), 10))
    expect(() => spill.push(makeBatch(lines(10, 10, 50), 10))).toThrow(
      new RangeError('spill of 1000 bytes is full'),
    )
    expect(spill.count).toBe(10)
    expect(decode(spill.shift())).toBe(lines(0, 10, 50))
    spill.push(makeBatch(lines(10, 10, 50), 10))
    expect(spill.count).toBe(10)
    spill.close()
  })

  test('returns undefined when it is empty', () => {
    const spill = new SpillFile('empty', 1_000, folder)
    expect(spill.shift()).toBeUndefined()
    spill.push(makeBatch('a\n', 1))
    expect(spill.shift()).toMatchObject({ count: 1 })
    expect(spill.shift()).toBeUndefined()
    spill.close()
  })

  test('creates no file before the first line, and leaves no name behind', () => {
    const spill = new SpillFile('unused', 1_000, folder)
    expect(readdirSync(folder)).toEqual([])
    spill.push(makeBatch('a\n', 1))
    // Linux and macOS delete the name of an open file; another user cannot open it.
    expect(readdirSync(folder)).toEqual([])
    spill.close()
  })

  test('does not overwrite a file that has its name', () => {
    writeFileSync(join(folder, 'taken-1.spill'), 'precious')
    const spill = new SpillFile('taken', 1_000, folder)
    expect(() => spill.push(makeBatch('a\n', 1))).toThrow(/EEXIST/)
    expect(readFileSync(join(folder, 'taken-1.spill'), 'utf8')).toBe('precious')
    spill.close()
  })

  test('throws when its folder is missing', () => {
    const spill = new SpillFile('nowhere', 1_000, join(folder, 'missing'))
    expect(() => spill.push(makeBatch('a\n', 1))).toThrow(/ENOENT/)
    expect(spill.count).toBe(0)
    spill.close()
  })
})
