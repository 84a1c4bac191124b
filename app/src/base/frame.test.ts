import { expect, test } from 'vitest'
import { afterPaint, createFrames, type FrameListener } from './frame.ts'

test('many requests share one frame, which advances state before it paints', () => {
  const scheduled: FrameListener[] = []
  const frames = createFrames((draw) => scheduled.push(draw))
  const seen: string[] = []
  frames.onFrame(() => seen.push('paint'))
  const stop = frames.onFrame((nowMs) => seen.push(`advance ${nowMs}`), 'advance')
  frames.requestFrame('data')
  frames.requestFrame('pan')
  expect(scheduled).toHaveLength(1)
  scheduled.shift()?.(16)
  expect(seen).toEqual(['advance 16', 'paint'])
  expect([...frames.lastReasons]).toEqual(['data', 'pan'])
  stop()
  frames.requestFrame('pan')
  scheduled.shift()?.(32)
  expect(seen.slice(2)).toEqual(['paint'])
})

test('a request inside a frame requests the next one', () => {
  const scheduled: FrameListener[] = []
  const frames = createFrames((draw) => scheduled.push(draw))
  let left = 2
  frames.onFrame(() => {
    if (left-- > 0) frames.requestFrame('playing')
  })
  frames.requestFrame('start')
  let drawn = 0
  for (let draw = scheduled.shift(); draw !== undefined; draw = scheduled.shift()) {
    draw(drawn++)
  }
  expect(drawn).toBe(3)
})

test('afterPaint calls back once, after the frame', async () => {
  const scheduled: FrameListener[] = []
  const frames = createFrames((draw) => scheduled.push(draw))
  const painted = new Promise<void>((resolve) => afterPaint(frames, resolve))
  scheduled.shift()?.(16)
  await painted
  expect(scheduled).toHaveLength(0)
})
