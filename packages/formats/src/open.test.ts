import { expect, test } from 'vitest'
import { openLog } from './open.ts'
import { utf8 } from './testing/read-log.ts'

const EVENT = '{"event_type":"x","timestamp":1,"metadata":{}}\n'

/** A stream that never ends, and counts what has been read of it. */
function endless(chunks: readonly string[]) {
  const state = { read: 0 }
  const stream = async function* (): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      state.read++
      yield utf8.encode(chunk)
    }
    await new Promise(() => undefined)
  }
  return { state, stream: stream() }
}

test.each<[what: string, chunks: string[], kind: string]>([
  ['an event', [EVENT], 'native'],
  ['an event after text', ['starting\n', 'still starting\n', EVENT], 'native'],
  ['an event after other JSON', ['{"level":30}\n'.repeat(5), EVENT], 'native'],
  ['twenty lines of text', ['text\n'.repeat(25)], 'native'],
  ['twenty other objects', ['{"level":30}\n'.repeat(25)], 'unknown'],
  [
    'a record of a known format',
    ['{"type":"inference_start",', '"timestamp":1,"data":{}}\n'],
    'converted',
  ],
])('a stream that does not end is recognized by %s', async (_what, chunks, kind) => {
  const { state, stream } = endless(chunks)
  const opened = await openLog(stream, { file: 'stdin', utf8 })
  expect({ kind: opened.kind, read: state.read }).toEqual({ kind, read: chunks.length })
})

test('a long stream in small chunks is recognized in few looks', async () => {
  const noise = Array.from({ length: 200_000 }, () => '{"level":')
  const opened = await openLog(
    (async function* () {
      for (const chunk of noise) yield utf8.encode(chunk)
    })(),
    { file: 'stdin', utf8 },
  )
  expect(opened.kind).not.toBe('converted')
})
