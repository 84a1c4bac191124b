// @vitest-environment node
import { openLog } from '@wattline/formats'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { FromWorker } from './protocol.ts'
import { Session } from './session.ts'

const ROUNDS = 2000
const LINES = Array.from({ length: ROUNDS }, (_, round) => round * 10)
  .flatMap((at) => [
    { type: 'inference_start', timestamp: at, data: { model: 'qwen3' } },
    { type: 'inference_end', timestamp: at + 2, data: { usage: { prompt_tokens: 7 } } },
    {
      type: 'tool_call_start',
      timestamp: at + 2,
      data: { tool: `search ${at}`, arguments: { query: `q${at}` } },
    },
    { type: 'telemetry_record', timestamp: at + 2, data: {} },
  ])
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('')

async function opened(file: File): Promise<{ session: Session; messages: FromWorker[] }> {
  const messages: FromWorker[] = []
  const session = new Session((message) => {
    messages.push(message)
    if (message.type !== 'patch') return
    session.patches.applied()
    session.patches.painted()
  }, 'agent')
  session.patches.painted()
  await session.readFile(file)
  return { session, messages }
}

test.each(['plain', 'gzipped'])(
  '%s: a log of another tool has the spans of its native lines',
  async (how) => {
    const text = LINES
    const file = new File([how === 'plain' ? text : gzipSync(text)], 'bus.log')
    const { session, messages } = await opened(file)
    const converted = await openLog(chunks(text), {
      file: 'bus.log',
      utf8: {
        decode: (bytes) => new TextDecoder().decode(bytes),
        encode: (line) => new TextEncoder().encode(line),
      },
    })
    if (converted.kind !== 'converted') throw new Error(converted.kind)
    const native: Uint8Array[] = []
    for await (const chunk of converted.chunks) native.push(chunk)
    const { session: plain } = await opened(new File([Buffer.concat(native)], 'native.jsonl'))
    const slots = [0, 1, ROUNDS, 2 * ROUNDS - 1]
    const records = await session.answer('records', { slots })
    expect(records).toBe(await plain.answer('records', { slots }))
    expect(records.trimEnd().split('\n')).toHaveLength(slots.length)
    expect(await session.answer('overview', { playheadS: undefined })).toEqual(
      await plain.answer('overview', { playheadS: undefined }),
    )
    expect(await session.answer('details', { slots: [0, 1, 3, 9_999_999] })).toEqual([
      null,
      '"q0"',
      '"q10"',
      null,
    ])
    const quality = messages.findLast((message) => message.type === 'quality')
    expect(quality).toMatchObject({
      coverage: [
        'OpenJarvis bus log: 100% of 8,000 records are of known types, 6,000 carry events',
      ],
    })
    const connection = messages.findLast((message) => message.type === 'connection')
    expect(connection).toMatchObject({ connection: { state: 'loaded' } })
  },
)

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}
