import { context, SpanStatusCode, trace, type Attributes, type Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { LogDecoder, Trace, type RunInfo } from '@wattline/trace'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LogFiles } from '../files/log-files.ts'
import { getJson, line, startServer, tempDir } from '../testing/harness.ts'

type Compression = NonNullable<
  NonNullable<ConstructorParameters<typeof JsonExporter>[0]>['compression']
>

const EXPORTERS = {
  json: (url: string, gzip: boolean, headers: Record<string, string>) =>
    new JsonExporter({ url, headers, compression: (gzip ? 'gzip' : 'none') as Compression }),
  protobuf: (url: string, gzip: boolean, headers: Record<string, string>) =>
    new ProtobufExporter({ url, headers, compression: (gzip ? 'gzip' : 'none') as Compression }),
}

/** A process that sends its spans with an exporter of OpenTelemetry. */
function sender(
  url: string,
  options: {
    kind?: keyof typeof EXPORTERS
    gzip?: boolean
    headers?: Record<string, string>
    resource?: Attributes
  } = {},
) {
  const { kind = 'protobuf', gzip = false, headers = {}, resource = {} } = options
  const exporter = EXPORTERS[kind](`${url}/v1/traces`, gzip, headers)
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'desk', ...resource }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  onTestFinished(() => provider.shutdown())
  return { tracer: provider.getTracer('test'), flush: () => provider.forceFlush() }
}

/** An agent with a model call and a tool call that fails. */
function runAgent(tracer: Tracer, attributes: Attributes = {}): string {
  const agent = tracer.startSpan('invoke_agent Planner', {
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'Planner',
      ...attributes,
    },
  })
  const inside = trace.setSpan(context.active(), agent)
  const chat = tracer.startSpan('chat small-1', {}, inside)
  chat.setAttributes({
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'small-1',
    'gen_ai.usage.input_tokens': 120,
    'gen_ai.usage.output_tokens': 8,
    'gen_ai.response.finish_reasons': ['stop'],
    'server.time': 0.25,
    cached: false,
  })
  chat.end()
  const tool = tracer.startSpan('execute_tool search', {}, inside)
  tool.setAttributes({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' })
  tool.recordException(new TypeError('no route'))
  tool.setStatus({ code: SpanStatusCode.ERROR, message: 'it failed' })
  tool.end()
  agent.end()
  return agent.spanContext().traceId
}

async function spansOf(url: string, run: string) {
  const response = await fetch(`${url}/api/runs/${encodeURIComponent(run)}/events.jsonl?raw=1`)
  expect(response.status).toBe(200)
  const paired = new Trace()
  new LogDecoder({ decode: (bytes) => Buffer.from(bytes).toString() }).push(
    new Uint8Array(await response.arrayBuffer()),
    (parsed, position) => {
      if (parsed.type === 'event') paired.add(parsed.event, position)
    },
  )
  paired.flush()
  return [...paired.spans]
}

const runIds = async (url: string) =>
  (await getJson<RunInfo[]>(`${url}/api/runs`)).map(({ id }) => id)

describe.each(['json', 'protobuf'] as const)('spans in %s', (kind) => {
  test.each([false, true])(
    'of an exporter of OpenTelemetry become a run (gzip: %s)',
    async (gzip) => {
      const server = await startServer()
      const { tracer, flush } = sender(server.url, { kind, gzip })
      const traceId = runAgent(tracer)
      await flush()
      expect(await runIds(server.url)).toEqual([traceId])
      const spans = await spansOf(server.url, traceId)
      expect(
        spans
          .toSorted((a, b) => a.kind.localeCompare(b.kind))
          .map((span) => [span.kind, span.subject, span.parent?.subject, span.error]),
      ).toEqual([
        ['agent', 'Planner', undefined, undefined],
        ['lm_inference', 'small-1', 'Planner', undefined],
        ['tool_call', 'search', 'Planner', 'it failed'],
      ])
      const chat = spans.find((span) => span.kind === 'lm_inference')!
      expect(chat.tokens).toMatchObject({ input: 120, output: 8, total: 128 })
      expect(Math.abs(chat.startS - Date.now() / 1000)).toBeLessThan(600)
      expect(await getJson<RunInfo>(`${server.url}/api/runs/${traceId}`)).toMatchObject({
        name: 'desk',
        writers: [{ name: 'desk' }],
      })
    },
  )
})

describe('the run of a trace', () => {
  test('is the conversation of its first spans, for several traces', async () => {
    const server = await startServer()
    const { tracer, flush } = sender(server.url)
    runAgent(tracer, { 'gen_ai.conversation.id': 'c-1' })
    await flush()
    runAgent(tracer, { 'gen_ai.conversation.id': 'c-1' })
    await flush()
    expect(await runIds(server.url)).toEqual(['c-1'])
    expect(await spansOf(server.url, 'c-1')).toHaveLength(6)
  })

  test('stays the one that was chosen first', async () => {
    const server = await startServer()
    const { tracer, flush } = sender(server.url)
    const agent = tracer.startSpan('a', { attributes: { 'gen_ai.operation.name': 'invoke_agent' } })
    const inside = trace.setSpan(context.active(), agent)
    tracer.startSpan('chat', { attributes: { 'gen_ai.operation.name': 'chat' } }, inside).end()
    await flush()
    agent.setAttribute('gen_ai.conversation.id', 'late')
    agent.end()
    await flush()
    const { traceId } = agent.spanContext()
    expect(await runIds(server.url)).toEqual([traceId])
    const [child] = (await spansOf(server.url, traceId)).filter((span) => span.kind !== 'agent')
    expect(child!.parent?.kind).toBe('agent')
  })

  test('is the one that the process names', async () => {
    const server = await startServer()
    const { tracer, flush } = sender(server.url, { resource: { 'wattline.run': 'mine' } })
    runAgent(tracer, { 'gen_ai.conversation.id': 'c-1' })
    await flush()
    expect(await runIds(server.url)).toEqual(['mine'])
  })

  test('is shared by traces of a process without a model, a tool or an agent', async () => {
    const server = await startServer()
    const { tracer, flush } = sender(server.url, { resource: { 'service.instance.id': 'i1' } })
    for (const name of ['GET /a', 'GET /b']) tracer.startSpan(name).end()
    await flush()
    expect(await runIds(server.url)).toEqual(['desk-i1'])
    const spans = await spansOf(server.url, 'desk-i1')
    expect(spans.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['span', 'GET /a'],
      ['span', 'GET /b'],
    ])
  })
})

const SPAN = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: '00f067aa0ba902b7',
  name: 'a',
  startTimeUnixNano: '1790000000000000000',
}
/** A span of another trace. */
const OTHER = { ...SPAN, traceId: 'f'.repeat(32) }
const requestOf = (spans: readonly object[], run?: string) =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: {
          attributes:
            run === undefined ? [] : [{ key: 'wattline.run', value: { stringValue: run } }],
        },
        scopeSpans: [{ spans }],
      },
    ],
  })
const JSON_TYPE = { 'content-type': 'application/json' }
const send = (
  url: string,
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = JSON_TYPE,
) => fetch(`${url}/v1/traces`, { method: 'POST', body, headers })

test('a span that runs is open, and ends when it is sent again', async () => {
  const server = await startServer()
  const state = async (fields: object) => {
    const response = await send(server.url, requestOf([{ ...SPAN, ...fields }], 'r'))
    expect([response.status, await response.json()]).toEqual([200, {}])
    const spans = await spansOf(server.url, 'r')
    return spans.map(({ subject, endS }) => [subject, endS])
  }
  expect(await state({})).toEqual([['a', undefined]])
  expect(await state({ name: 'renamed' })).toEqual([['renamed', undefined]])
  const end = { name: 'renamed', endTimeUnixNano: '1790000002000000000' }
  expect(await state(end)).toEqual([['renamed', 1_790_000_002]])
  // An exporter repeats a request whose answer it did not get.
  expect(await state(end)).toEqual([['renamed', 1_790_000_002]])
})

test('a span ends once, also if the server restarts while it runs', async () => {
  const dir = await tempDir()
  const first = await startServer({ dir })
  await send(first.url, requestOf([SPAN], 'r'))
  await first.close()
  const second = await startServer({ dir })
  const end = { ...SPAN, endTimeUnixNano: '1790000002000000000' }
  for (let sent = 0; sent < 2; sent++) await send(second.url, requestOf([end], 'r'))
  const spans = await spansOf(second.url, 'r')
  expect(spans.map(({ startS, endS }) => [startS, endS])).toEqual([[1_790_000_000, 1_790_000_002]])
  expect(await getJson<RunInfo>(`${second.url}/api/runs/r`)).toMatchObject({ events: 2 })
})

describe('answers follow the specification', () => {
  test('what is not taken is a partial success', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, 'logs'))
    await writeFile(join(dir, 'logs', 'a.jsonl'), line(1))
    const files = new LogFiles()
    const { runs } = await files.open(join(dir, 'logs', 'a.jsonl'))
    const server = await startServer({ sources: [files] })
    const partial = async (body: string) => (await send(server.url, body)).json()
    expect(await partial(requestOf([SPAN, { ...SPAN, startTimeUnixNano: '0' }], 'r'))).toEqual({
      partialSuccess: {
        rejectedSpans: '1',
        errorMessage: 'expected spans to have startTimeUnixNano',
      },
    })
    expect(await partial(requestOf([OTHER, OTHER], runs[0]!.id))).toEqual({
      partialSuccess: {
        rejectedSpans: '2',
        errorMessage: expect.stringContaining('read-only') as string,
      },
    })
  })

  test.each([
    ['another type', '{}', { 'content-type': 'text/plain' }, 415, 3],
    ['no JSON', '{', JSON_TYPE, 400, 3],
    ['damaged gzip', 'x', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 400, 3],
    ['an unknown coding', '{}', { ...JSON_TYPE, 'content-encoding': 'br' }, 415, 3],
    ['a page of another origin', '{}', { ...JSON_TYPE, origin: 'http://evil.test' }, 403, 7],
  ])('an error is a Status: %s', async (_, body, headers: Record<string, string>, status, code) => {
    const server = await startServer()
    const response = await send(server.url, body, headers)
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({ code, message: expect.any(String) as string })
    expect(await runIds(server.url)).toEqual([])
  })

  test('an error of a protobuf request is a Status in protobuf', async () => {
    const server = await startServer()
    const type = { 'content-type': 'application/x-protobuf' }
    const response = await send(server.url, Buffer.from([0xff, 0xff]), type)
    expect([response.status, response.headers.get('content-type')]).toEqual([
      400,
      'application/x-protobuf',
    ])
    // Field 1, a varint: INVALID_ARGUMENT.
    expect([...new Uint8Array(await response.arrayBuffer())].slice(0, 2)).toEqual([8, 3])
  })

  test('a body that unzips to more than 20 MiB is refused', async () => {
    const server = await startServer()
    const text = Array.from({ length: 3_000_000 }, (_, n) => `${n}`).join()
    const body = gzipSync(JSON.stringify({ resourceSpans: [], text }))
    const response = await send(server.url, body, { ...JSON_TYPE, 'content-encoding': 'gzip' })
    expect(response.status).toBe(413)
  })

  test('other signals and methods are not found', async () => {
    const server = await startServer()
    const response = await fetch(`${server.url}/v1/metrics`, { method: 'POST', body: '{}' })
    expect([response.status, await response.json()]).toEqual([
      404,
      { code: 5, message: expect.stringContaining('/v1/traces') as string },
    ])
  })
})

describe('access', () => {
  test('a server with a token takes spans with it, and answers 401 as a Status without', async () => {
    const token = 'a-token-of-the-test'
    const server = await startServer({ token })
    const refused = await send(server.url, requestOf([SPAN], 'r'))
    expect([refused.status, await refused.json()]).toEqual([
      401,
      { code: 16, message: expect.any(String) as string },
    ])
    const { tracer, flush } = sender(server.url, {
      headers: { authorization: `Bearer ${token}` },
      resource: { 'wattline.run': 'mine' },
    })
    runAgent(tracer)
    await flush()
    const run = await fetch(`${server.url}/api/runs/mine`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(run.status).toBe(200)
  })

  test('a page of an allowed origin may ask and send; others may not', async () => {
    const origin = 'http://app.test'
    const server = await startServer({ allowedOrigins: [origin], token: 'a-token-of-the-test' })
    const ask = (from: string) =>
      fetch(`${server.url}/v1/traces`, {
        method: 'OPTIONS',
        headers: { origin: from, 'access-control-request-method': 'POST' },
      })
    const allowed = await ask(origin)
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([
      204,
      origin,
    ])
    expect((await ask('http://evil.test')).headers.get('access-control-allow-origin')).toBeNull()
    const elsewhere = await fetch(`${server.url}/api/runs`, {
      method: 'OPTIONS',
      headers: { origin },
    })
    expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull()
  })
})
