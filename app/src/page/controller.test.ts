import { Blob } from 'node:buffer'
import { waitFor } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { Trace } from '@wattline/trace'
import { openFiles, takeFiles } from '../DropFiles.tsx'
import { openApp } from '../testing/app.tsx'
import { logText } from '../testing/log.ts'
import type { Report } from './ingest-client.ts'
import { afterPaint } from '../base/frame.ts'
import { parsePreferences } from './preferences.ts'
import { enterRun } from '../store/run-transitions.ts'
import { setGroupBy } from '../store/transitions.ts'

const LOG = logText([
  ['agent', 0, 9, { agent_name: 'planner' }],
  ['tool_call', 1, 2, { tool: 'grep' }],
])

test('a file that has been read is loaded and completely in view', async () => {
  const { app } = await openApp(LOG)
  const { connection, progress, viewport, quality } = app.store.getState()
  expect(connection.state).toBe('loaded')
  expect(progress).toMatchObject({
    done: true,
    events: 4,
    readBytes: LOG.length,
    totalBytes: LOG.length,
  })
  expect(viewport.endS - viewport.startS).toBeCloseTo(9 * 1.04)
  expect(quality).toMatchObject({ malformed: 0, unfinished: 0 })
})

test.each([
  ['', 'test.jsonl is empty: it has no events.'],
  ['{"event_type":"x"', 'test.jsonl has no complete line: line 1 was cut off'],
  [
    '{"when":"noon","what":{}}',
    'test.jsonl is in no format that Wattline reads: its objects have when, what.',
  ],
  ['SQLite format 3\0', 'test.jsonl is an SQLite database; Wattline reads JSON logs;'],
  [
    '{"type":"inference_start","timestamp":1e300,"data":{}}',
    'test.jsonl is read as OpenJarvis bus log, but no event in it has a time: 1 record without a usable',
  ],
  ['hello\nworld\n', 'test.jsonl is not a JSONL log (line 1: hello)'],
])('a file with %j fails with a reason', async (log, reason) => {
  const { app } = await openApp(log)
  expect(app.store.getState().connection.state).toBe('failed')
  expect(app.store.getState().connection.reason).toContain(reason)
})

test('the worker regroups the rows', async () => {
  const { app } = await openApp(LOG)
  app.store.update(setGroupBy, 'kind')
  expect(app.columns.groups.map(({ label }) => label)).toEqual(['agent', 'tool call'])
  expect(app.store.getState().regrouping).toBe(false)
})

test('a log that cannot be read again is grouped by agent, and a notice says why', async () => {
  const { app } = await openApp(LOG)
  const broken = vi.spyOn(Blob.prototype, 'stream').mockImplementation(() => {
    throw new Error('the file has changed')
  })
  app.store.update(setGroupBy, 'team')
  await expect.poll(() => app.store.getState().groupBy).toBe('agent')
  broken.mockRestore()
  expect(app.store.getState().regrouping).toBe(false)
  expect(app.store.getState().notice).toEqual({
    text: expect.stringMatching(/^The rows cannot be grouped by team.*: the file has changed$/),
    isBad: true,
  })
})

test('opening a run watches it, opening a file reads it, leaving closes it', async () => {
  const { app, sent } = await openApp(LOG)
  app.store.update(enterRun, 'run 1')
  openFiles(app, [new File(['x'], 'a.jsonl')])
  expect(sent).toMatchObject([
    { type: 'watch', runId: 'run 1', base: app.base, groupBy: 'agent' },
    { type: 'close' },
    { type: 'file', groupBy: 'agent' },
  ])
  expect(app.store.getState().run).toMatchObject({ name: 'a', local: true, readOnly: true })
})

test('a dropped folder does not prevent other files from being opened', async () => {
  const { app } = await openApp(LOG)
  const unreadable = { text: () => Promise.reject(new Error('a folder')) }
  const folder = Object.assign(new File([], 'logs'), { slice: () => unreadable })
  await takeFiles(app, [folder, new File(['x'], 'a.jsonl')])
  expect(app.files.getState().map(({ entry }) => entry.name)).toEqual(['logs', 'a'])
})

test('a file of a reloaded page has to be chosen again', async () => {
  const { app } = await openApp(LOG)
  app.store.update(enterRun, 'file:\tgone.jsonl')
  await waitFor(() => expect(app.store.getState().connection.state).toBe('failed'))
  expect(app.store.getState().connection.reason).toContain('Choose gone.jsonl again')
})

describe('a report', () => {
  const quality = (malformed: number): Report => ({
    type: 'quality',
    quality: { ...new Trace().quality(), malformed },
    writers: [],
    malformed: [],
    tornLine: undefined,
    outlierTimesS: [],
    coverage: [],
    groupKeys: [],
  })
  const live = {
    type: 'connection',
    connection: { state: 'live', attempt: 0, retryAtS: undefined, reason: undefined },
  } as const

  test('of a live run is stored after the next paint: the latest of each type, and only of this run', async () => {
    const { app, frame, report } = await openApp(LOG)
    const malformed = (): number | undefined => app.store.getState().quality?.malformed
    report(live)
    report(quality(1))
    report(quality(2))
    expect(malformed()).toBe(0)
    expect(frame(0)).toBe(true)
    await expect.poll(() => malformed()).toBe(2)

    report(quality(3))
    app.store.update(enterRun, 'another')
    const painted = new Promise<void>((resolve) => afterPaint(app.frames, resolve))
    frame(1)
    await painted
    expect(malformed()).toBeUndefined()
  })

  test('of a finished run is stored immediately', async () => {
    const { app, report } = await openApp(LOG)
    report(quality(1))
    expect(app.store.getState().quality?.malformed).toBe(1)
  })
})

test.each([
  [undefined, {}],
  ['', {}],
  ['[1]', {}],
  ['{"theme":"pink","clock":"relative"}', { clock: 'relative' }],
  ['{"theme":"dark","clock":7}', { theme: 'dark' }],
])('stored preferences %s are %j', (text, expected) => {
  expect(parsePreferences(text)).toEqual(expected)
})
