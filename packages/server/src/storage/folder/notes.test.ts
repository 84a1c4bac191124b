import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../testing/harness.ts'
import { ANY_VERSION, MAX_NOTE_BYTES } from '../store.ts'
import { Notes } from './notes.ts'

test('of concurrent writes of one version, one succeeds', async () => {
  const dir = join(await tempDir(), 'notes')
  const notes = new Notes()
  let version: string | undefined
  for (let round = 0; round < 5; round++) {
    const writes = Array.from({ length: 8 }, (_, at) =>
      notes.write(dir, 'a', `${round}/${at}`, version),
    )
    const results = await Promise.allSettled(writes)
    const written = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(written).toHaveLength(1)
    const note = await notes.read(dir, 'a')
    expect(note).toEqual({ text: `${round}/0`, version: written[0] })
    version = note?.version
  }
})

test('a text of the largest size is kept, a larger one refused', async () => {
  const dir = join(await tempDir(), 'notes')
  const notes = new Notes()
  const text = 'x'.repeat(MAX_NOTE_BYTES)
  await notes.write(dir, 'a', text, undefined)
  await expect(notes.write(dir, 'a', `${text}x`, ANY_VERSION)).rejects.toMatchObject({
    code: 'refused',
  })
  expect((await notes.read(dir, 'a'))?.text).toBe(text)
})

test('a run has at most 100 notes, and parts of killed writes are deleted', async () => {
  const dir = join(await tempDir(), 'notes')
  const notes = new Notes()
  for (let n = 0; n < 100; n++) await notes.write(dir, `n${n}`, 'x', undefined)
  await writeFile(join(dir, 'killed.note.new'), 'x')
  await expect(notes.write(dir, 'more', 'x', undefined)).rejects.toMatchObject({ code: 'refused' })
  await notes.write(dir, 'n7', 'y', ANY_VERSION)
  expect(readdirSync(dir).filter((name) => !name.endsWith('.note'))).toEqual([])
})

test.each(['', '..', 'a/b', 'A', '-a', 'a'.repeat(65), 'a.note'])(
  'the name %j is refused',
  async (name) => {
    const dir = await tempDir()
    const notes = new Notes()
    await expect(notes.write(dir, name, 'x', undefined)).rejects.toMatchObject({ code: 'refused' })
    await expect(notes.read(dir, name)).rejects.toMatchObject({ code: 'refused' })
  },
)
