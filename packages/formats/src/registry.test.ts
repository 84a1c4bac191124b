import fc from 'fast-check'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { FORMATS } from './registry.ts'
import { readBytes, readExample, readText } from './testing/read-log.ts'

const SRC = import.meta.dirname

test('the ids of formats are unique', () => {
  expect(new Set(FORMATS.map(({ id }) => id)).size).toBe(FORMATS.length)
})

test.each(FORMATS)('$id: its example is recognized and has spans with a source', async (format) => {
  expect(existsSync(path.join(SRC, format.example))).toBe(true)
  const log = await readExample(format.example)
  expect(log.format).toBe(format.id)
  expect(log.spans.length).toBeGreaterThan(0)
  expect(log.coverage).toMatchObject({ faults: 0, untimed: 0, broken: 0, unknown: [] })
  for (const { source } of log.lines) {
    expect(source.file).toBe(path.basename(format.example))
    expect(source.line).toBeGreaterThan(0)
  }
})

test.each(FORMATS)('$id: chunks of any size give the same lines', async ({ example }) => {
  const whole = await readExample(example)
  for (const chunkBytes of [1, 7, 4096]) {
    const log = await readExample(example, { chunkBytes })
    expect(log.lines).toEqual(whole.lines)
    expect(log.coverage).toEqual(whole.coverage)
  }
})

/** Values that take the place of those in an example. */
const strange = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, -1, 1e308, 9.9e15, true, [], {}, '__proto__', '../../x'),
  fc.jsonValue({ maxDepth: 2 }),
)

test.each(FORMATS)('$id: mutated records give spans, never a fault', async (format) => {
  if (format.zip === true) return
  const text = await readFile(path.join(SRC, format.example), 'utf8')
  const values = text.startsWith('{\n') ? [text] : text.split('\n').filter((line) => line !== '')
  const mutation = fc.record({
    line: fc.nat(),
    field: fc.nat(),
    value: strange,
    kind: fc.constantFrom('replace', 'drop', 'repeat'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 6 }), async (mutations) => {
      const lines = [...values]
      for (const { line, field, value, kind } of mutations) {
        const at = line % lines.length
        const old = lines[at]!
        if (kind === 'repeat') lines.push(old)
        else lines[at] = mutated(old, field, kind === 'drop' ? undefined : value)
      }
      const log = await readText(lines.join('\n'))
      expect(log.coverage?.faults ?? 0).toBe(0)
    }),
  )
})

test.each(FORMATS)('$id: damaged bytes give spans or a reason', async (format) => {
  const bytes = await readFile(path.join(SRC, format.example))
  const damage = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 8 }), async (damages) => {
      let damaged = Buffer.from(bytes)
      for (const { at, byte, cut } of damages) {
        if (damaged.length === 0) break
        damaged[at % damaged.length] = byte
        if (cut) damaged = damaged.subarray(0, at % damaged.length)
      }
      const log = await readBytes(damaged)
      expect(log.coverage?.faults ?? 0).toBe(0)
    }),
  )
})

test('any bytes give spans or a reason', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const log = await readBytes(bytes)
      expect(log.coverage?.faults ?? 0).toBe(0)
    }),
  )
})

/** The JSON text with another value in one of its fields; undefined removes the field. */
function mutated(text: string, field: number, value: unknown): string {
  const record: unknown = JSON.parse(text)
  const fields: [owner: Record<string, unknown>, key: string][] = []
  const collect = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return
    for (const key of Object.keys(one)) {
      fields.push([one as Record<string, unknown>, key])
      collect((one as Record<string, unknown>)[key])
    }
  }
  collect(record)
  const chosen = fields[field % Math.max(1, fields.length)]
  if (chosen !== undefined) chosen[0][chosen[1]] = value
  return JSON.stringify(record)
}
