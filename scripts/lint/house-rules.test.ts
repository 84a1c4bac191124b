/**
 * Runs the real oxlint with a copy of the configuration over small files, each of which breaks one
 * rule, in the folder layout of the repository.
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { layers } from './arrows.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** [file, source, rule]; `none` means that oxlint reports nothing. */
const CASES = [
  ['packages/trace/src/a.ts', `import 'node:fs'`, 'import-arrows'],
  ['packages/trace/src/b.ts', `export { z } from 'zustand'`, 'import-arrows'],
  ['packages/trace/src/c.ts', `export const x = await import('ws')`, 'import-arrows'],
  ['packages/trace/src/d.ts', `import '../../server/src/index.ts'`, 'import-arrows'],
  ['packages/trace/src/e.ts', `import './row/f.ts'`, 'none'],
  ['packages/trace/src/row/f.ts', `import './g.ts'`, 'none'],
  ['packages/trace/src/g.test.ts', `import 'fast-check'`, 'none'],
  ['packages/trace/src/h.ts', `export type T = import('ws').WebSocket`, 'import-arrows'],
  ['packages/trace/src/row/i.ts', `import '../line/j.ts'`, 'none'],
  ['packages/trace/src/row/k.ts', `import '../tables/l.ts'`, 'import-arrows'],
  ['packages/trace/src/row/l.ts', `export type { T } from '../tables/l.ts'`, 'import-arrows'],
  ['packages/trace/src/row/m.ts', `import '../index.ts'`, 'import-arrows'],
  ['packages/trace/src/row/n.test.ts', `import '../tables/l.ts'`, 'none'],
  ['packages/trace/src/unlisted/o.ts', `import '../row/k.ts'`, 'import-arrows'],
  ['app/src/timeline/rows/s.ts', `import '../../model/t.ts'`, 'none'],
  ['app/src/timeline/rows/t.ts', `import '../paint/u.ts'`, 'import-arrows'],
  ['app/src/worker/read/u.ts', `import '../ingestor.ts'`, 'import-arrows'],
  ['packages/power/src/a.ts', `import '@wattline/trace'`, 'none'],
  ['packages/power/src/b.ts', `import '@wattline/recorder'`, 'import-arrows'],
  ['packages/recorder/src/a.ts', `import '@wattline/trace'`, 'none'],
  ['packages/recorder/src/m.ts', `import '@wattline/power'`, 'none'],
  ['packages/recorder/src/b.ts', `import 'ws'`, 'import-arrows'],
  ['packages/recorder/src/c.ts', `import '@wattline/trace/src/lines.ts'`, 'import-arrows'],
  ['packages/recorder/src/d.test.ts', `import 'ws'`, 'none'],
  ['packages/server/src/a.ts', `import '@wattline/recorder'`, 'import-arrows'],
  ['packages/server/src/b.test.ts', `import '@wattline/recorder'`, 'none'],
  ['packages/server/src/c.ts', `import 'react'`, 'import-arrows'],
  ['packages/server/src/d.ts', `import '../../../app/src/main.tsx'`, 'import-arrows'],
  ['packages/server/src/m.ts', `import '../package.json'`, 'none'],
  ['packages/server/src/n.ts', `import '../../trace/package.json'`, 'import-arrows'],
  ['packages/server/src/cli/record/e.ts', `import '@wattline/recorder/internal'`, 'none'],
  ['packages/server/src/cli/record/f.ts', `import '@wattline/recorder'`, 'import-arrows'],
  ['packages/server/src/cli/g.ts', `import '@wattline/recorder/internal'`, 'import-arrows'],
  ['packages/server/src/cli/record/h.ts', `import '../../run.ts'`, 'none'],
  ['packages/server/src/cli/record/i.ts', `import 'hono'`, 'import-arrows'],
  ['packages/server/src/o.ts', `import '@wattline/trace/generate'`, 'none'],
  ['packages/recorder/src/n.ts', `import '@wattline/trace/generate'`, 'import-arrows'],
  ['app/src/s.ts', `import '@wattline/trace/generate'`, 'import-arrows'],
  ['app/src/r.ts', `import '@wattline/power'`, 'import-arrows'],
  ['app/src/a.ts', `import '@wattline/recorder'`, 'import-arrows'],
  ['app/src/b.ts', `import 'wattline'`, 'import-arrows'],
  ['app/src/c.ts', `import 'node:fs'`, 'import-arrows'],
  ['app/src/d.ts', `import '@visx/shape'`, 'none'],
  ['app/src/main.tsx', `requestAnimationFrame(() => {})`, 'none'],
  ['app/src/e.ts', `requestAnimationFrame(() => {})`, 'one-frame-loop'],
  ['app/src/f.ts', `window.requestAnimationFrame(() => {})`, 'one-frame-loop'],
  ['app/src/g.ts', `export * from './d.ts'`, 'no-export-star'],
  ['app/src/h.ts', `export const x: any = 1`, 'no-explicit-any'],
  ['app/src/i.ts', `export default 1`, 'no-default-export'],
  ['app/src/j.ts', `console.log(1)`, 'no-console'],
  ['app/src/p.test.ts', `import 'ws'`, 'none'],
  ['app/src/q.ts', `import 'ws'`, 'import-arrows'],
  ['app/src/o.ts', `console.warn(1)`, 'none'],
  ['app/src/k.ts', `try { window.close() } catch {}`, 'no-empty'],
  ['packages/server/src/l.ts', `Promise.resolve(1)`, 'no-floating-promises'],
] as const

/** The parts of oxlint's JSON report that this test reads. */
interface Report {
  readonly diagnostics: readonly { readonly code: string; readonly filename: string }[]
}

let folder: string
let report: Report

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wattline-lint-'))
  await cp(path.join(root, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'))
  await cp(path.join(root, 'scripts/lint'), path.join(folder, 'scripts/lint'), { recursive: true })
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  await writeFile(path.join(folder, '.gitignore'), 'node_modules\n')
  for (const [file, source] of CASES) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
    await writeFile(path.join(folder, file), `${source}\n`)
  }
  report = await oxlint()
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('lint rules', () => {
  it.each(CASES)('%s: %s → %s', (file, _source, rule) => {
    const codes = report.diagnostics
      .filter(({ filename }) => filename.split(path.sep).join('/').endsWith(file))
      .map(({ code }) => /\((.+)\)/.exec(code)?.[1] ?? code)
    expect(codes).toEqual(rule === 'none' ? [] : [rule])
  })
})

describe('ARCHITECTURE.md', () => {
  it.each(Object.entries(layers))('lists the layers of %s in order', async (_folder, order) => {
    const text = await readFile(path.join(root, 'ARCHITECTURE.md'), 'utf8')
    const list = order.filter((name) => name !== '').join(' → ')
    expect(text.replaceAll(/\s+/g, ' ')).toContain(list)
  })
})

/** Runs oxlint as `npm run lint` does. It finds errors, so exit code 1 is expected. */
async function oxlint(): Promise<Report> {
  const tool = path.join(root, 'node_modules/.bin/oxlint')
  const args = ['--type-aware', '--format', 'json', 'app', 'packages']
  try {
    await promisify(execFile)(tool, args, { cwd: folder })
  } catch (error) {
    if (error instanceof Error && 'stdout' in error) return JSON.parse(String(error.stdout))
    throw error
  }
  throw new Error('oxlint found no error: the configuration or the plugin was not loaded')
}
