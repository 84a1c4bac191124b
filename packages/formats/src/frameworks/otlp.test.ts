import { describe, expect, test } from 'vitest'
import { readExample, readText, type ReadLog } from '../testing/read-log.ts'
import { otelId } from './otel-ids.ts'

const EXAMPLE = 'frameworks/otlp.example.jsonl'
const T0 = 1_790_000_000

const spanOf = ({ spans }: ReadLog, id: string) =>
  spans.find(({ metadata }) => metadata['span_id'] === id)!

/** Kind, subject, times since the start, and subject of the parent. */
const shapes = ({ spans }: ReadLog) =>
  spans.map(({ span: { kind, subject, startS, endS, parent } }) => [
    kind,
    subject,
    Number((startS - T0).toFixed(3)),
    endS === undefined ? undefined : Number((endS - T0).toFixed(3)),
    parent?.subject,
  ])

test('spans of all conventions, each once, below their parents', async () => {
  expect(shapes(await readExample(EXAMPLE))).toEqual([
    ['agent', 'Planner', 0, 5, undefined],
    ['lm_inference', 'small-1-0926', 0.5, 1.75, 'Planner'],
    ['tool_call', 'find_trains', 1.8, 2.3, 'Planner'],
    ['retriever', 'Retriever', 2.4, 2.5, 'Planner'],
    ['lm_inference', 'large-2', 2.6, 3.1, 'Planner'],
    ['tool_call', 'book', 3.2, 3.3, 'Planner'],
    ['lm_inference', 'mini-3', 3.4, 4.4, 'Planner'],
    ['lm_inference', 'mini-3', 3.5, 4.3, 'mini-3'],
    ['tool_call', 'weather', 4.31, 4.39, 'mini-3'],
    ['prompt', 'prompt', 4.5, 4.6, 'Planner'],
    ['span', 'GET /timetable', 4.7, 4.8, 'Planner'],
    ['tool_call', 'wait_for_reply', 4.9, undefined, 'Planner'],
    ['lm_inference', 'small-1', 1, 2, undefined],
  ])
})

test('figures, errors and arguments in native names', async () => {
  const log = await readExample(EXAMPLE)
  expect(spanOf(log, '00f067aa0ba90201').metadata).toMatchObject({
    model: 'small-1-0926',
    agent: 'Planner',
    service: 'travel-desk',
    input_tokens: 1200,
    cache_read_tokens: 1000,
    output_tokens: 30,
    reasoning_tokens: 12,
    cost_usd: 0.0025,
    time_to_first_token_ms: 250,
  })
  expect(spanOf(log, '00f067aa0ba90202').metadata).toMatchObject({
    tool_call_id: 'call_1',
    arguments: { from: 'Bern', to: 'Basel' },
    error: 'no answer',
  })
  expect(spanOf(log, '00f067aa0ba90204').metadata).toMatchObject({
    input_tokens: 400,
    cache_read_tokens: 100,
    cost_usd: 0.01,
    time_to_first_token_ms: expect.closeTo(100, 3) as number,
  })
  expect(spanOf(log, '00f067aa0ba90205').metadata).toMatchObject({ arguments: { seat: 'window' } })
  expect(spanOf(log, '00f067aa0ba90207').metadata).toMatchObject({ time_to_first_token_ms: 90 })
  // The cached part is larger than the input, so it is outside of it.
  const other = '1bf7651916cd43dd8448eb211c80319c:00f067aa0ba90201'
  expect(spanOf(log, other).metadata).toMatchObject({ input_tokens: 105 })
  expect(log.coverage).toMatchObject({ used: 10, known: 2 })
})

test('states of one span are its start, its updates and its end', async () => {
  const { lines } = await readExample(EXAMPLE)
  const states = lines.filter(({ metadata }) => metadata['span_id'] === '00f067aa0ba90201')
  expect(states.map(({ event_type: type, source }) => [type, source.line])).toEqual([
    ['lm_inference_start', 4],
    ['span_update', 5],
    ['lm_inference_end', 6],
  ])
})

const SPAN = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: '00f067aa0ba902b7',
  name: 'a',
  startTimeUnixNano: '1790000000000000000',
  endTimeUnixNano: '1790000001000000000',
}
const documentOf = (span: object) => ({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })

describe('wrappings', () => {
  const one = documentOf(SPAN)
  const two = documentOf({ ...SPAN, spanId: '00f067aa0ba902b8' })
  test.each([
    ['a document', JSON.stringify(one)],
    ['a document laid out over lines', JSON.stringify(one, null, 2)],
    [
      'documents one after the other',
      `${JSON.stringify(one, null, 2)}\n${JSON.stringify(two, null, 2)}`,
    ],
    ['documents on one line', JSON.stringify(one) + JSON.stringify(two)],
    ['an array', JSON.stringify([one, two])],
    ['an array over lines', JSON.stringify([one, two], null, 2)],
    ['requests', JSON.stringify({ trace_requests: [{ pbreq: one }, { pbreq: two }] })],
    ['metrics before it', `{"resourceMetrics":[{"a":1}]}\n${JSON.stringify(one)}\n`],
    [
      'names of protobuf and of older versions',
      JSON.stringify({
        resource_spans: [
          {
            instrumentation_library_spans: [
              {
                spans: [
                  {
                    trace_id: SPAN.traceId,
                    span_id: SPAN.spanId,
                    name: 'a',
                    start_time_unix_nano: 1790000000000000000,
                    end_time_unix_nano: 1790000001000000000,
                  },
                ],
              },
            ],
          },
        ],
      }),
    ],
  ])('%s', async (_, text) => {
    const { format, spans, coverage } = await readText(text)
    expect(format).toBe('otlp')
    expect(spans).toHaveLength(text.includes('b8') ? 2 : 1)
    expect(spans.map(({ span }) => [span.subject, span.startS, span.durationS])).toEqual(
      spans.map(() => ['a', T0, 1]),
    )
    expect(coverage).toMatchObject({ unknown: [], broken: 0, untimed: 0 })
  })
})

test.each([
  [
    { status: { code: 1 }, attributes: [{ key: 'error.type', value: { stringValue: 'x' } }] },
    undefined,
  ],
  [{ status: { code: 2 } }, 'failed'],
  [{ status: { code: 2, message: 'no route' } }, 'no route'],
  [{ attributes: [{ key: 'error.type', value: { stringValue: 'TimeoutError' } }] }, 'TimeoutError'],
  [
    {
      events: [
        {
          name: 'exception',
          attributes: [{ key: 'exception.message', value: { stringValue: 'lost' } }],
        },
      ],
    },
    'lost',
  ],
])('the error of %j', async (fields, error) => {
  const { spans } = await readText(JSON.stringify(documentOf({ ...SPAN, ...fields })))
  expect(spans[0]!.span.error).toBe(error)
})

test('a root is not nested by time, also while another trace runs', async () => {
  const agent = [{ key: 'gen_ai.operation.name', value: { stringValue: 'invoke_agent' } }]
  const log = await readText(
    [
      documentOf({ ...SPAN, attributes: agent }),
      documentOf({ ...SPAN, traceId: 'f'.repeat(32), spanId: 'f'.repeat(16), parentSpanId: '' }),
      documentOf({ ...SPAN, spanId: 'e'.repeat(16), parentSpanId: 'd'.repeat(16) }),
    ]
      .map((record) => JSON.stringify(record))
      .join('\n'),
  )
  expect(log.spans.map(({ span }) => span.parent)).toEqual([undefined, undefined, undefined])
})

test('a span without a start time is counted and not placed', async () => {
  const { spans, coverage } = await readText(
    `${JSON.stringify(documentOf({ ...SPAN, startTimeUnixNano: '0' }))}\n${JSON.stringify(documentOf(SPAN))}`,
  )
  expect(spans).toHaveLength(1)
  expect(coverage?.untimed).toBe(2)
})

test('ids in base64 and hex are the same ids', () => {
  for (const hex of ['0af7651916cd43dd8448eb211c80319c', '00f067aa0ba902b7', 'ffffffffffffffff']) {
    expect(otelId(Buffer.from(hex, 'hex').toString('base64'))).toBe(hex)
    expect(otelId(Buffer.from(hex, 'hex').toString('base64url'))).toBe(hex)
    expect(otelId(hex.toUpperCase())).toBe(hex)
    expect(otelId(`0x${hex}`)).toBe(hex)
  }
  expect(['', '0'.repeat(16), 'AAAAAAAAAAA=', null, 5].map(otelId)).toEqual(
    Array.from({ length: 5 }, () => undefined),
  )
})
