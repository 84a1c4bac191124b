import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { JsonValue } from '../line/event.ts'
import { errorOf, isCancelled } from './metadata-reader.ts'

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** The cells of the table of errors: a key, values that are an error, and values that are not. */
const ROWS = README.slice(README.indexOf('## Errors'))
  .split('\n')
  .flatMap((line) => {
    const [, key, errors, others] = /^\| `(\w+)` +\|([^|]+)\|([^|]+)\|$/.exec(line) ?? []
    return key === undefined ? [] : [{ key, errors: values(errors), others: values(others) }]
  })

function values(cell = ''): JsonValue[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, json]) => JSON.parse(json!) as JsonValue)
}

test('the README has a row for each key that can mean an error', () => {
  expect(ROWS.map(({ key }) => key)).toEqual(['success', 'is_error', 'status', 'error'])
})

test.each(ROWS)('$key means an error for the values in the README', ({ key, errors, others }) => {
  for (const value of errors) expect([value, errorOf({ [key]: value })]).not.toContain(undefined)
  for (const value of others) expect([value, errorOf({ [key]: value })]).toContain(undefined)
})

test('a word of status means the same in any case', () => {
  const cased = (word: string) =>
    fc
      .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
      .map((upper) =>
        word.replace(/./g, (c, i: number) => (upper[i] === true ? c.toUpperCase() : c)),
      )
  const failures = ROWS.find(({ key }) => key === 'status')!.errors as string[]
  fc.assert(
    fc.property(fc.constantFrom(...failures).chain(cased), (status) => {
      expect(errorOf({ status })).toBe('')
    }),
  )
})

test('a cancelled event is no error', () => {
  for (const status of ['cancelled', 'Canceled', 'ABORTED']) {
    const metadata = { status, success: false, error: 'the user pressed Esc' }
    expect(isCancelled(metadata)).toBe(true)
    expect(errorOf(metadata)).toBeUndefined()
  }
  expect(isCancelled({ status: 'ok' })).toBe(false)
})

test('the text of an error is its message, else all of it', () => {
  expect(errorOf({ error: { message: 'no route', code: 5 } })).toBe('no route')
  expect(errorOf({ error: { message: '', code: 5 } })).toBe('{"message":"","code":5}')
  expect(errorOf({ status: 'failed', error_type: 'TimeoutError' })).toBe('TimeoutError')
  expect(errorOf({ error_type: 'TimeoutError' })).toBeUndefined()
})
