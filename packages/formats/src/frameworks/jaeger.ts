/** Jaeger downloads: `{data: [{traceID, spans, processes}]}`. One span of the file is one span. */
import {
  at,
  defined,
  fieldsOf,
  idOf,
  listOf,
  numberOf,
  short,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host, Taken } from '../read/reader.ts'
import {
  endMetadata,
  kindOfSpan,
  startMetadata,
  type OtelSpan,
  type SpanEvent,
} from './otel-span.ts'
import { textAt, type Attributes } from './otel-attributes.ts'

export const jaegerReader: CreateReader = (host) => ({
  push(record) {
    const traces = listOf(at(record, 'data'))
    let count = 0
    for (const trace of traces) count += readTrace(host, fieldsOf(trace))
    return (count > 0 ? 'used' : 'known') satisfies Taken
  },
  end: () => undefined,
})

function readTrace(host: Host, trace: Fields): number {
  const spans = listOf(trace['spans']).map(fieldsOf)
  const used = new Set<string>()
  for (const span of spans) {
    const startUs = numberOf(span['startTime'])
    const own = idOf(span['spanID']) ?? 'without-id'
    // Two sides of a call may share an id; they are two spans.
    const id = used.has(own) ? `${own}#${used.size}` : own
    used.add(id)
    const service = textOf(at(trace['processes'], idOf(span['processID']) ?? '', 'serviceName'))
    emitSpan(host, span, id, service, startUs === undefined ? NaN : startUs / 1e6)
  }
  return spans.length
}

function emitSpan(
  host: Host,
  span: Fields,
  id: string,
  service: string | undefined,
  startS: number,
): void {
  const attributes = tagsOf(span['tags'])
  const status = textAt(attributes, 'otel.status_code')
  const read: OtelSpan = {
    name: textOf(span['operationName']) ?? '',
    startS,
    attributes,
    events: listOf(span['logs']).map(eventOf),
    hasFailed: attributes.get('error') === true || status === 'ERROR',
    isOk: status === 'OK',
    statusMessage: textAt(attributes, 'otel.status_description'),
  }
  const kind = kindOfSpan(read)
  const parent = parentOf(span)
  const trace = idOf(span['traceID'])
  host.emit(`${kind}_start`, startS, {
    span_id: id,
    ...defined({ parent_id: parent, trace_id: trace, run_id: trace, service }),
    ...startMetadata(read, kind),
  })
  const durationUs = numberOf(span['duration'])
  if (durationUs === undefined) return
  host.emit(`${kind}_end`, startS + durationUs / 1e6, {
    span_id: id,
    ...endMetadata(read, kind),
    ...(attributes.size > 0 && { attributes: short(Object.fromEntries(attributes)) }),
  })
}

/** The parent in the same trace; spans that only follow one have none. */
function parentOf(span: Fields): string | undefined {
  const parents = listOf(span['references']).filter(
    (one) => at(one, 'refType') === 'CHILD_OF' && at(one, 'traceID') === span['traceID'],
  )
  return idOf(at(parents[0], 'spanID')) ?? idOf(span['parentSpanID'])
}

function tagsOf(tags: unknown): Attributes {
  const values = new Map<string, unknown>()
  for (const tag of listOf(tags).slice(0, 512)) {
    const key = textOf(at(tag, 'key'))
    if (key !== undefined) values.set(key, at(tag, 'value'))
  }
  return values
}

function eventOf(log: unknown): SpanEvent {
  const attributes = tagsOf(at(log, 'fields'))
  const us = numberOf(at(log, 'timestamp'))
  return {
    name: textAt(attributes, 'event') ?? '',
    timeS: us === undefined ? undefined : us / 1e6,
    attributes,
  }
}
