import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { chunkAt } from './log-chunks.ts'
import { LogFile } from './log-file.ts'

async function fileOf(text: string): Promise<LogFile> {
  const dir = await mkdtemp(join(tmpdir(), 'wattline-chunks-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const path = join(dir, 'run.jsonl')
  await writeFile(path, text)
  const file = new LogFile(path)
  await file.refresh()
  return file
}

async function allOf(
  file: LogFile,
  maxLineBytes: number,
): Promise<[cursor: number, text: string][]> {
  const chunks: [number, string][] = []
  for (let cursor = 0; cursor < (file.state?.endBytes ?? 0);) {
    const chunk = await chunkAt(file, cursor, maxLineBytes)
    if (chunk === undefined) throw new Error(`nothing at ${cursor}`)
    cursor = chunk.cursor
    chunks.push([cursor, Buffer.from(chunk.bytes).toString()])
  }
  return chunks
}

test('reads as many whole lines as fit', async () => {
  expect(await allOf(await fileOf('aaaa\nbbbb\ncccc\ntorn'), 12)).toEqual([
    [10, 'aaaa\nbbbb\n'],
    [15, 'cccc\n'],
  ])
})

test('replaces a line that is too long by its beginning', async () => {
  const long = 'x'.repeat(700_000)
  expect(await allOf(await fileOf(`a\n${long}\nb\n`), 300_000)).toEqual([
    [2, 'a\n'],
    [700_003, `${'x'.repeat(1024)}\n`],
    [700_005, 'b\n'],
  ])
})

test('returns undefined after the last whole line', async () => {
  expect(await chunkAt(await fileOf('a\ntorn'), 2)).toBeUndefined()
})
