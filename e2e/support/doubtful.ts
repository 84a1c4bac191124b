/** A run of four recorders whose log has every kind of problem. */
import type { Page } from 'playwright-core'
import type { TestServer } from './server.ts'

export interface Recording {
  readonly writer: string
  readonly name: string
  /** Batches of lines, each with the number of its first line. */
  readonly frames: readonly { readonly first: number; readonly lines: readonly string[] }[]
}

/**
 * Sends the frames of one recorder to `/record` through a socket of the browser, and ends the
 * recording. Resolves when the server confirms the end: then all lines are in the log.
 */
export async function record(
  page: Page,
  server: TestServer,
  run: string,
  { writer, name, frames }: Recording,
): Promise<void> {
  const url = new URL('record', server.url.replace(/^http/, 'ws'))
  url.search = String(new URLSearchParams({ run, writer, name }))
  const texts = frames.map(({ first, lines }) => `${first}\n${lines.map((l) => `${l}\n`).join('')}`)
  await page.evaluate(
    ({ address, messages }) =>
      new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(address, 'wattline.v1')
        socket.onopen = () => {
          for (const message of [...messages, '{"end":true}']) socket.send(message)
        }
        socket.onmessage = ({ data }) => {
          if (data !== '{"end":true}') return
          socket.close()
          resolve()
        }
        socket.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`))
      }),
    { address: String(url), messages: texts },
  )
}

type Metadata = Readonly<Record<string, unknown>>

/** Makes lines with a clock that shows `nowS`; `agoS` are seconds before that. */
function clock(nowS: number) {
  return {
    event: (event_type: string, agoS: number, metadata: Metadata = {}): string =>
      JSON.stringify({ event_type, timestamp: nowS - agoS, metadata }),
    sample: (agoS: number, power_watts: number): string =>
      JSON.stringify({ timestamp: nowS - agoS, source: 'box/gpu0', reading: { power_watts } }),
  }
}

/** The recordings, most events within the last minute before `nowS`. */
export function doubtfulRecordings(nowS: number): Recording[] {
  const planner = clock(nowS)
  const coder = clock(nowS - 3.2)
  const critic = clock(nowS)
  const box = clock(nowS + 42)
  const first = [
    planner.event('agent_start', 60, { agent_name: 'planner', span_id: 'p1' }),
    planner.event('agent_start', 60, { agent_name: 'helper', span_id: 'p2' }),
    // Without ids, so that their pairing and their parents are uncertain.
    planner.event('tool_call_start', 58, { tool: 'search' }),
    planner.event('tool_call_start', 57, { tool: 'search' }),
    planner.event('tool_call_end', 52, { tool: 'search' }),
    planner.event('turn_start', 0, { span_id: 'p3', parent_id: 'p1' }),
  ]
  return [
    {
      writer: '6f2a1c0e-5b7d-4c1a-9e55-0d6b8a3f7712',
      name: 'planner',
      frames: [
        { first: 1, lines: first },
        // Sent again, as after a broken connection.
        { first: 1, lines: first },
        {
          first: 7,
          lines: [
            '{"event_type": "tool_call_start", "timestamp": ',
            planner.event('recorder_dropped', 40, { count: 120 }),
            'Traceback (most recent call last):',
            planner.event('agent_end', 0, { span_id: 'p1' }),
          ],
        },
      ],
    },
    {
      writer: 'coder@worker-2',
      name: 'coder',
      frames: [
        {
          first: 1,
          lines: [
            coder.event('agent_start', 45, { agent_name: 'coder', span_id: 'c0' }),
            coder.event('lm_inference_start', 44, { model: 'Qwen/Qwen3-8B', span_id: 'c1' }),
            coder.event('lm_inference_end', 30, { span_id: 'c1' }),
            coder.event('submodel_call_end', 28, { span_id: 'of-another-log' }),
            coder.event('decode_start', 20, { span_id: 'c2' }),
            coder.event('decode_end', 21, { span_id: 'c2' }),
            coder.event('turn_start', 0, { span_id: 'c3', parent_id: 'c0' }),
          ],
        },
        // Lines 8 to 15 are lost.
        { first: 16, lines: [coder.event('retry_attempt', 0)] },
      ],
    },
    {
      writer: 'critic@worker-3',
      name: 'critic',
      frames: [
        {
          first: 1,
          lines: [
            critic.event('agent_start', 30, { agent_name: 'critic', span_id: 'k1' }),
            critic.event('agent_end', 0, { span_id: 'k1' }),
          ],
        },
      ],
    },
    {
      writer: 'box',
      name: '',
      frames: [
        {
          first: 1,
          lines: [
            ...Array.from({ length: 21 }, (_, at) => box.sample(72 - at, 180 + (at % 5) * 20)),
            box.event('wait_start', 0, { for: 'queue' }),
          ],
        },
      ],
    },
  ]
}
