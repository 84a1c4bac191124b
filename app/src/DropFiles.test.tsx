import { cleanup, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { openFiles, takeFiles } from './DropFiles.tsx'
import { RunsPage } from './runs/RunsPage.tsx'
import { openApp } from './testing/app.tsx'
import { T0 } from './testing/log.ts'
import { POWERED_EVENTS, powerSamples } from './testing/powered-log.ts'

afterEach(cleanup)

test('opens a single file and lists several', async () => {
  const page = await openApp('', { runId: undefined })
  page.show(<RunsPage />)
  openFiles(page.app, [new File(['{}\n'], 'one.jsonl')])
  expect(page.app.store.getState().runId).toBe('file:\tone.jsonl')
  openFiles(page.app, [new File([], 'a.jsonl'), new File([], 'b.jsonl')])
  expect(page.app.store.getState().runId).toBeUndefined()
  const names = await screen.findAllByRole('link', { name: /^(one|a|b)$/ })
  expect(names.map(({ textContent }) => textContent)).toEqual(['a', 'b', 'one'])
})

test('adds dropped telemetry to the run, with a clock that can be shifted', async () => {
  const page = await openApp(POWERED_EVENTS)
  const { app } = page
  const broken = new File([`${powerSamples(0, 1)}nonsense\n`], 'more.jsonl')
  await takeFiles(app, [new File([powerSamples(0, 10, T0 + 3600)], 'gpu.jsonl')])
  await waitFor(() => expect(app.store.getState().energy?.files).toHaveLength(1))
  const { energy, runId } = app.store.getState()
  expect(runId).toBe('test')
  expect(energy?.totalJ).toBeUndefined()
  expect(energy?.warnings[0]?.text).toContain('is its clock wrong?')
  await app.ingest.ask('setOffset', { file: 0, offsetS: -3600 })
  await waitFor(() => expect(app.store.getState().energy?.totalJ).toBe(1000))
  const { note } = await app.ingest.ask('addTelemetry', { file: broken })
  expect(note).toMatch(/^more\.jsonl: 1 line cannot be read \(line 4: /)
})

test('keeps the run and names the expected header when a table is not telemetry', async () => {
  const { app } = await openApp(POWERED_EVENTS)
  const failed = app.ingest.ask('addTelemetry', { file: new File(['a,b\n1,2\n'], 'x.csv') })
  await expect(failed).rejects.toThrow(
    /^x\.csv is not a telemetry file: expected a header with power\.draw/,
  )
  expect(app.columns.spanCount).toBe(3)
})
