/**
 * Dumps of spans as SDKs and tools print them. Each is one span; an open copy and a later whole one are
 * one span too.
 *
 * - Python's `ConsoleSpanExporter`: `{name, context: {trace_id, span_id}, parent_id, start_time, …}`
 * - any-agent: `{spans: [{context, parent, start_time}]}` with nanoseconds
 * - JavaScript: `{traceId, spanId, parentId, startTime: [s, ns], …}`
 * - AgentOps: `{trace, spans: [{span_id, parent_span_id, span_type, span_attributes}]}`
 * - RAAF: `{event: "start" | "end", span}`, with times in whole seconds and the length in `duration_ms`
 */
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
import type { CreateReader, Host } from '../read/reader.ts'
import { isoSeconds, nanoSeconds } from '../read/time.ts'
import { attributesOf } from './otel-attributes.ts'
import {
  endMetadata,
  kindOfSpan,
  startMetadata,
  type OtelSpan,
  type SpanEvent,
} from './otel-span.ts'

export const spanDumpsReader: CreateReader = (host) => {
  const writer = new SpanWriter(host)
  return {
    push(record) {
      const fields = fieldsOf(record)
      const spans = Array.isArray(fields['spans']) ? fields['spans'] : [fields['span'] ?? fields]
      let count = 0
      for (const span of spans) if (writer.write(dumpOf(fieldsOf(span)))) count++
      return count > 0 ? 'used' : spans.length > 0 ? 'untimed' : 'known'
    },
    end: () => undefined,
  }
}

interface Dump {
  readonly id: string | undefined
  readonly parent: string | undefined
  readonly trace: string | undefined
  readonly endS: number | undefined
  /** The word for its kind, if it has one outside of its attributes. */
  readonly kind: string | undefined
  readonly span: OtelSpan
}

/** Writes spans, each of them once. */
class SpanWriter {
  readonly #host: Host
  /** By id, the kind of a span that has not ended; undefined once it has. */
  readonly #kinds = new Map<string, string | undefined>()
  #withoutId = 0

  constructor(host: Host) {
    this.#host = host
  }

  /** Whether the span has a usable time. */
  write({
    id = `without-id-${++this.#withoutId}`,
    parent,
    trace,
    endS,
    kind,
    span,
  }: Dump): boolean {
    if (Number.isNaN(span.startS)) return false
    const isKnown = this.#kinds.has(id)
    const open = this.#kinds.get(id)
    if (isKnown && open === undefined) return true
    const name = open ?? kindOfSpan(withKind(span, kind))
    if (!isKnown) {
      this.#host.emit(`${name}_start`, span.startS, {
        span_id: id,
        ...defined({ parent_id: parent, trace_id: trace, run_id: trace }),
        ...startMetadata(span, name),
      })
    }
    this.#kinds.set(id, endS === undefined ? name : undefined)
    if (endS === undefined) return true
    const { attributes } = span
    this.#host.emit(`${name}_end`, endS, {
      span_id: id,
      ...endMetadata(span, name),
      ...(attributes.size > 0 && { attributes: short(Object.fromEntries(attributes)) }),
    })
    return true
  }
}

/** Words of AgentOps and RAAF, in the convention of OpenInference. */
function withKind(span: OtelSpan, kind: string | undefined): OtelSpan {
  if (kind === undefined) return span
  const word = kind === 'request' ? 'llm' : kind
  return { ...span, attributes: new Map([...span.attributes, ['openinference.span.kind', word]]) }
}

function dumpOf(span: Fields): Dump {
  const { context, status } = span
  const startS = timeOf(span['start_time'] ?? span['startTime'] ?? span['hrTime'])
  const durationMs = numberOf(span['duration_ms'])
  const code = textOf(at(status, 'status_code')) ?? textOf(span['status_code']) ?? textOf(status)
  const statusCode = numberOf(at(status, 'code'))
  const attributes = attributesOf(span['attributes'] ?? span['span_attributes'])
  const model = attributes.get('llm.model')
  const endS = timeOf(span['end_time'] ?? span['endTime'])
  const isRaaf = span['duration_ms'] !== undefined
  return {
    id: dumpId(span['span_id'] ?? span['spanId'] ?? at(context, 'span_id') ?? span['id']),
    parent: dumpId(
      span['parent_id'] ??
        span['parent_span_id'] ??
        span['parentId'] ??
        span['parentSpanId'] ??
        at(span, 'parent', 'span_id') ??
        at(span, 'parentSpanContext', 'spanId'),
    ),
    trace: dumpId(span['trace_id'] ?? span['traceId'] ?? at(context, 'trace_id')),
    // Its times are whole seconds, so most of its spans would have no length.
    endS: startS === undefined || durationMs === undefined ? endS : startS + durationMs / 1000,
    kind: textOf(span['span_type']) ?? (isRaaf ? textOf(span['kind']) : undefined),
    span: {
      name: textOf(span['name']) ?? textOf(span['span_name']) ?? '',
      startS: startS ?? NaN,
      attributes:
        typeof model === 'string'
          ? new Map([...attributes, ['llm.model_name', model]])
          : attributes,
      events: listOf(span['events']).map(eventOf),
      hasFailed: /^(?:StatusCode\.)?error$/i.test(code ?? '') || statusCode === 2,
      isOk: /^StatusCode\.OK$|^OK$/.test(code ?? '') || statusCode === 1,
      statusMessage:
        textOf(at(status, 'description')) ??
        textOf(at(status, 'message')) ??
        textOf(span['status_message']),
    },
  }
}

function eventOf(event: unknown): SpanEvent {
  return {
    name: textOf(at(event, 'name')) ?? '',
    timeS: timeOf(at(event, 'timestamp') ?? at(event, 'time')),
    attributes: attributesOf(at(event, 'attributes')),
  }
}

/** ISO times, nanoseconds as digits, or `[seconds, nanoseconds]`. */
function timeOf(value: unknown): number | undefined {
  if (Array.isArray(value)) {
    const [seconds, nanos] = value as readonly unknown[]
    const whole = numberOf(seconds)
    return whole === undefined ? undefined : whole + (numberOf(nanos) ?? 0) / 1e9
  }
  if (typeof value === 'number' || /^\d+$/.test(textOf(value) ?? '')) return nanoSeconds(value)
  return isoSeconds(value, 'utc')
}

/** Hexadecimal ids without their prefix; an id of zeros is none. */
function dumpId(value: unknown): string | undefined {
  const id = idOf(value)?.replace(/^0x/, '')
  return id === undefined || id === '' || /^0+$/.test(id) ? undefined : id
}
