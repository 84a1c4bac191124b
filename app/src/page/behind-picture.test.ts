import { expect, test } from 'vitest'
import type { Connection } from '../model/run-info.ts'
import { createBehindPicture } from './behind-picture.ts'
import { afterPaint, createFrames, type FrameListener } from '../base/frame.ts'
import { createAppStore } from '../store/store.ts'

function given(state: Connection['state']) {
  const scheduled: FrameListener[] = []
  const frames = createFrames((draw) => scheduled.push(draw))
  const connection: Connection = { state, attempt: 0, retryAtS: undefined, reason: undefined }
  const behindPicture = createBehindPicture({ store: createAppStore({ connection }), frames })
  /** Draws what was asked for, and waits until all that waited for it has run. */
  const draw = async (): Promise<void> => {
    const painted = new Promise<void>((resolve) => afterPaint(frames, resolve))
    for (const frame of scheduled.splice(0)) frame(0)
    await painted
  }
  return { behindPicture, draw }
}

test('of a live run, only the last of what was given comes behind the picture, and once', async () => {
  const { behindPicture, draw } = given('live')
  const done: number[] = []
  for (const each of [1, 2, 3]) behindPicture(() => done.push(each))
  expect(done).toEqual([])
  await draw()
  expect(done).toEqual([3])
  await draw()
  expect(done).toEqual([3])
  behindPicture(() => done.push(4))
  await draw()
  expect(done).toEqual([3, 4])
})

test('of a run that has ended, all comes at once', () => {
  const { behindPicture } = given('ended')
  const done: number[] = []
  for (const each of [1, 2]) behindPicture(() => done.push(each))
  expect(done).toEqual([1, 2])
})
