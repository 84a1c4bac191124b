import { expect, test } from 'vitest'
import type { Connection } from '../model/run-info.ts'
import { createRenderScheduler } from './render-scheduler.ts'
import { afterPaint, createFrames, type FrameListener } from '../base/frame.ts'
import { createAppStore } from '../store/store.ts'

function setUp(state: Connection['state']) {
  const scheduled: FrameListener[] = []
  const frames = createFrames((draw) => scheduled.push(draw))
  const connection: Connection = { state, attempt: 0, retryAtS: undefined, reason: undefined }
  const schedule = createRenderScheduler({ store: createAppStore({ connection }), frames })
  /** Draws the requested frames and waits until the callbacks after the paint have run. */
  const draw = async (): Promise<void> => {
    const painted = new Promise<void>((resolve) => afterPaint(frames, resolve))
    for (const frame of scheduled.splice(0)) frame(0)
    await painted
  }
  return { schedule, draw }
}

test('runs only the last update of a live run, once, after the next paint', async () => {
  const { schedule, draw } = setUp('live')
  const done: number[] = []
  for (const each of [1, 2, 3]) schedule(() => done.push(each))
  expect(done).toEqual([])
  await draw()
  expect(done).toEqual([3])
  await draw()
  expect(done).toEqual([3])
  schedule(() => done.push(4))
  await draw()
  expect(done).toEqual([3, 4])
})

test('runs each update of a finished run immediately', () => {
  const { schedule } = setUp('ended')
  const done: number[] = []
  for (const each of [1, 2]) schedule(() => done.push(each))
  expect(done).toEqual([1, 2])
})
