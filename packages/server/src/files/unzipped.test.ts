import { spawnSync } from 'node:child_process'
import {
  appendFile,
  mkdir,
  readdir,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { line, lines, tempDir } from '../testing/harness.ts'
import { LogFiles } from './log-files.ts'

let tmp = ''
let dir = ''
let outside = ''

beforeEach(async () => {
  tmp = await tempDir()
  dir = await tempDir()
  outside = await tempDir()
  vi.stubEnv('TMPDIR', tmp)
  onTestFinished(() => void vi.unstubAllEnvs())
})

/** The files in the temporary folders of all processes, without the owners. */
async function copies(): Promise<string[]> {
  const entries = await readdir(tmp, { recursive: true, withFileTypes: true })
  return entries.filter((e) => e.isFile() && e.name !== 'owner').map((e) => e.name)
}

function logFiles(): LogFiles {
  const files = new LogFiles()
  onTestFinished(() => files.close())
  return files
}

async function textOf(files: LogFiles, run: string): Promise<string> {
  let text = ''
  const from = { cursor: 0, gen: undefined, follow: false }
  for await (const item of files.read(run, from, new AbortController().signal))
    if (item.type === 'chunk') text += Buffer.from(item.bytes).toString()
  return text
}

test('a copy is deleted with its file', async () => {
  const path = join(dir, 'a.jsonl.gz')
  await writeFile(path, gzipSync(lines(1, 9)))
  const files = logFiles()
  await files.open(dir)
  expect(await copies()).toHaveLength(1)
  await rm(path)
  await expect.poll(() => copies()).toEqual([])
  await expect.poll(() => files.list()).toEqual([])
})

test('a copy is replaced with its file, and the run has the new lines', async () => {
  const path = join(dir, 'a.jsonl.gz')
  await writeFile(path, gzipSync(lines(1, 9)))
  const files = logFiles()
  const [run] = (await files.open(dir)).runs
  await writeFile(`${path}.new`, gzipSync(line(5)))
  await rename(`${path}.new`, path)
  await expect.poll(() => textOf(files, run!.id)).toBe(line(5))
  // A file that grows, as one that is appended to.
  await appendFile(path, gzipSync(line(6)))
  await expect.poll(() => textOf(files, run!.id)).toBe(lines(5, 6))
  expect(await copies()).toHaveLength(1)
})

test('a file that was replaced by a link has no copy', async () => {
  const path = join(dir, 'a.jsonl.gz')
  await writeFile(path, gzipSync(lines(1, 9)))
  const files = logFiles()
  await files.open(dir)
  await writeFile(join(outside, 'b.jsonl.gz'), gzipSync(lines(1, 3)))
  await rm(path)
  await symlink(join(outside, 'b.jsonl.gz'), path)
  await expect.poll(() => copies()).toEqual([])
})

test('closing leaves nothing, also while a file is decompressed', async () => {
  await writeFile(join(dir, 'a.jsonl.gz'), gzipSync(Buffer.from(line(1).repeat(200_000))))
  const files = new LogFiles()
  const opened = files.open(dir)
  await expect.poll(() => copies()).toHaveLength(1)
  await files.close()
  await opened.catch(() => undefined)
  expect(await readdir(tmp)).toEqual([])
})

test('the copies of a killed process are deleted by the next one, and no others', async () => {
  const { pid } = spawnSync('true')
  const old = new Date(Date.now() - 3_600_000)
  const folder = async (name: string, owner: string, changed = new Date()) => {
    const path = join(tmp, `wattline-unzipped-${name}`)
    await mkdir(path)
    await writeFile(join(path, 'log.jsonl'), line(1))
    await writeFile(join(path, 'owner'), owner)
    await utimes(join(path, 'owner'), changed, changed)
  }
  await folder('killed', JSON.stringify({ pid }))
  await folder('elsewhere-killed', JSON.stringify({ pid: 1, place: 'other' }), old)
  await folder('elsewhere', JSON.stringify({ pid: 1, place: 'other' }))
  await folder('running', JSON.stringify({ pid: process.ppid }))
  await folder('starting', '')
  await mkdir(join(tmp, 'other'))
  const files = logFiles()
  await files.close()
  expect((await readdir(tmp)).toSorted()).toEqual([
    'other',
    'wattline-unzipped-elsewhere',
    'wattline-unzipped-running',
    'wattline-unzipped-starting',
  ])
})
