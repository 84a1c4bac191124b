import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, describe, expect, it } from 'vitest'
import { EventRecorder } from './browser.ts'

const folder = mkdtempSync(join(tmpdir(), 'wattline-browser-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the browser’s entry', () => {
  it('reaches no module of Node', async () => {
    await build({
      configFile: false,
      publicDir: false,
      logLevel: 'error',
      build: {
        lib: { entry: fileURLToPath(new URL('browser.ts', import.meta.url)), formats: ['es'] },
        outDir: folder,
        minify: false,
      },
    })
    const code = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('')
    expect(code).toContain('EventRecorder = class')
    expect(code).not.toMatch(/(from|import|require)\W*['"]node:|__vite-browser-external/)
  }, 60_000)

  it('nests spans of synchronous code', () => {
    const recorder = new EventRecorder()
    recorder.span('turn', (turn) => {
      recorder.span('tool_call', (tool) => expect(tool.parentId).toBe(turn.id))
    })
    expect(recorder.start('turn').parentId).toBeUndefined()
    expect(recorder.length).toBe(5)
  })

  it('says that it has no files', () => {
    expect(() => new EventRecorder({ file: 'run.jsonl' })).toThrow(/file needs Node/)
    expect(() => new EventRecorder({ power: true })).toThrow(/power needs Node/)
  })
})
