import { expect, test } from 'vitest'
import { createLocalFiles, isLocalId, missingFile } from './local-files.ts'

const file = (name: string, text: string, lastModified = 1): File =>
  new File([text], name, { lastModified })

test('lists each file of a name that is used twice', () => {
  const files = createLocalFiles()
  const ids = files.add([file('events.jsonl', 'a'), file('events.jsonl', 'b')])
  expect(new Set(ids).size).toBe(2)
  files.add([file('events.jsonl', 'longer')])
  const names = files.getState().map(({ entry }) => entry.name)
  expect(names).toEqual(['events (3)', 'events', 'events (2)'])
})

test('keeps the id of a file that is opened again', () => {
  const files = createLocalFiles()
  const [first] = files.add([file('a.jsonl', '1')])
  files.add([file('b.jsonl', '2')])
  expect(files.add([file('a.jsonl', '1')])).toEqual([first])
  expect(files.getState().map(({ entry }) => entry.name)).toEqual(['a', 'b'])
})

test('names the missing file of an address without its number', () => {
  const files = createLocalFiles()
  const ids = files.add([file('a.jsonl', '1'), file('a.jsonl', '2')])
  expect(missingFile(files.getState(), ids[1])).toBeUndefined()
  expect(missingFile([], ids[1])).toBe('a.jsonl')
})

test('distinguishes files from runs of the server whose id has the same text', () => {
  expect(isLocalId('file:foo')).toBe(false)
  expect(missingFile([], 'file:foo')).toBeUndefined()
})
