import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunInfo } from '@wattline/trace'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RunningCommand, runCommand } from '../testing/command.ts'

let dir: string
let command: RunningCommand | undefined

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-sessions-'))
})

afterEach(async () => {
  await command?.stop()
  command = undefined
  await rm(dir, { recursive: true, force: true })
})

const LINE = `${JSON.stringify({
  type: 'user',
  sessionId: 's',
  uuid: 'u1',
  parentUuid: null,
  timestamp: '2026-01-01T00:00:00.000Z',
  message: { content: 'go' },
})}\n${JSON.stringify({
  type: 'assistant',
  sessionId: 's',
  uuid: 'u2',
  parentUuid: 'u1',
  timestamp: '2026-01-01T00:00:01.000Z',
  message: {
    id: 'm',
    model: 'claude-opus-4-8',
    content: [{ type: 'tool_use', id: 't', name: 'Bash', input: { command: 'sleep 600' } }],
  },
})}\n`

test('wattline claude shows sessions with the token only, and their open calls', async () => {
  const project = join(dir, 'config', 'projects', '-home-me')
  await mkdir(project, { recursive: true })
  await writeFile(join(project, 'now.jsonl'), LINE)
  await writeFile(join(project, 'old.jsonl'), LINE)
  await utimes(join(project, 'old.jsonl'), 1_700_000_000, 1_700_000_000)
  const env = { CLAUDE_CONFIG_DIR: join(dir, 'config'), HOME: dir, WATTLINE_DIR: join(dir, 'runs') }
  command = new RunningCommand(['claude', '--port', '0'], { cwd: dir, env })
  const [, address = ''] = await command.stderrMatch(/(http:\/\/127\.0\.0\.1:\d+\/\S*)/)
  const { origin, searchParams } = new URL(address)
  expect((await fetch(`${origin}/api/runs`)).status).toBe(401)
  const headers = { authorization: `Bearer ${searchParams.get('token')}` }
  let runs: RunInfo[] = []
  // They appear while the folder is searched.
  while (runs.length < 2) {
    const response = await fetch(`${origin}/api/runs`, { headers })
    runs = (await response.json()) as RunInfo[]
  }
  const states = runs.map(({ name, state, readOnly }) => [name, state, readOnly])
  expect(states).toHaveLength(2)
  expect(states).toContainEqual(['-home-me/now.jsonl', 'live', true])
  expect(states).toContainEqual(['-home-me/old.jsonl', 'ended', true])
  const now = runs.find(({ state }) => state === 'live')
  const log = await fetch(`${origin}/api/runs/${now?.id}/events.jsonl`, { headers })
  const lines = (await log.text()).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
    expect.objectContaining({
      event_type: 'tool_call_start',
      source: { file: 'now.jsonl', line: 2 },
    }),
  )
})

test('without sessions, the command says where it looked', async () => {
  expect(await runCommand(['codex'], { env: { HOME: dir } })).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'wattline: There are no sessions of Codex in ~/.codex/sessions; CODEX_HOME names another folder than ~/.codex.\n',
  })
})
