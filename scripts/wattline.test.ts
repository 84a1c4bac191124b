/** Tests `npm run wattline` from the shell: stdout carries only data, exit codes pass through. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wattline-npm-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('npm run wattline', () => {
  it('prints only the version', async () => {
    const manifest = await readFile(path.join(root, 'packages/server/package.json'), 'utf8')
    const { stdout, code } = await npmRunWattline('--version')
    expect(stdout).toBe(`${String(JSON.parse(manifest).version)}\n`)
    expect(code).toBe(0)
  })

  it("reads paths from the caller's folder and prints one JSON object per line", async () => {
    const lines = [
      '{"event_type":"tool_call_start","timestamp":1700000000,"metadata":{"tool":"search"}}',
      '{"event_type":"tool_call_end","timestamp":1700000001.5,"metadata":{"tool":"search"}}',
    ]
    await writeFile(path.join(folder, 'run.jsonl'), `${lines.join('\n')}\n`)
    const { stdout } = await npmRunWattline('spans', 'run.jsonl', '--json')
    const spans = stdout.trimEnd().split('\n')
    expect(spans).toHaveLength(1)
    expect(JSON.parse(spans[0] ?? '')).toMatchObject({ subject: 'search', durationMs: 1500 })
  })

  it('exits with an error code and an error message on stderr', async () => {
    const { stdout, stderr, code } = await npmRunWattline('spans', 'absent.jsonl')
    expect(code).not.toBe(0)
    expect(stdout).toBe('')
    expect(stderr).toContain('absent.jsonl')
  })
})

async function npmRunWattline(...args: readonly string[]) {
  const env = { ...process.env }
  // The test itself may run under npm, whose settings the child would inherit.
  for (const name of Object.keys(env)) if (/^(npm_|INIT_CWD)/i.test(name)) delete env[name]
  const child = spawn('npm', ['--prefix', root, 'run', 'wattline', '--', ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await closed
  return { stdout, stderr, code: Number(code) }
}
