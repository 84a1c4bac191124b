/**
 * OTLP/JSON: spans of OpenTelemetry as collectors and exporters write them, in any wrapping that has
 * `resourceSpans`. A span may come several times: first without its end, while it runs, and then whole.
 *
 *     {traceId: T, spanId: A}                        X_start
 *     {traceId: T, spanId: A, more attributes}       span_update
 *     {traceId: T, spanId: A, endTimeUnixNano}       X_end
 *     {traceId: T, spanId: A, endTimeUnixNano}       nothing, it is the same span
 */
import type { JsonValue, Metadata } from '@wattline/trace'
import { defined, fieldsOf, isFields, listOf, short, textOf, type Fields } from '../read/fields.ts'
import type { CreateReader, Host, Reader, Taken } from '../read/reader.ts'
import { nanoSeconds } from '../read/time.ts'
import { attributesOf, textAt, type Attributes } from './otel-attributes.ts'
import { endMetadata, kindOfSpan, startMetadata, type OtelSpan } from './otel-span.ts'
import { otelId } from './otel-ids.ts'

export const otlpReader: CreateReader = (host) => new OtlpReader(host, 200)

/** For spans without a file, from which details could show the whole texts. */
export const liveOtlpReader = (host: Host): OtlpReader => new OtlpReader(host, 4000)

/** Signals that have no spans. */
const OTHER_SIGNALS = ['resourceMetrics', 'resourceLogs', 'resource_metrics', 'resource_logs']

/** What is known of a span that has not ended. */
interface OpenSpan {
  readonly kind: string
  /** Its last state, to recognize one that says nothing new. */
  text: string
}

export class OtlpReader implements Reader {
  readonly #host: Host
  /** Spans that have not ended; undefined once they have. */
  readonly #spans = new Map<string, OpenSpan | undefined>()
  /** By id of a span, the trace that uses the id as it is; ids of other traces get that of the trace. */
  readonly #owners = new Map<string, string>()
  readonly #textChars: number
  #withoutId = 0

  /** @param textChars longer texts of attributes are cut */
  constructor(host: Host, textChars: number) {
    this.#host = host
    this.#textChars = textChars
  }

  push(record: unknown): Taken {
    const resource = fieldsOf(record)
    const scopes = scopesOf(resource)
    if (scopes !== undefined) return this.#pushResource(resource, scopes)
    const inside = [...resourceSpansIn(record)]
    if (inside.length === 0) return this.#pushOther(record)
    const taken = inside.map((one) => this.push(one))
    return ORDER.find((result) => taken.includes(result)) ?? 'known'
  }

  #pushResource(resource: Fields, scopes: readonly unknown[]): Taken {
    const service = textAt(
      attributesOf(fieldsOf(resource['resource'])['attributes']),
      'service.name',
    )
    let count = 0
    let taken = 0
    for (const scope of scopes) {
      for (const span of listOf(fieldsOf(scope)['spans'])) {
        count++
        if (this.#take(fieldsOf(span), service)) taken++
      }
    }
    if (taken > 0) return 'used'
    return count > 0 ? 'untimed' : 'known'
  }

  /** Learns from an event that an earlier reader of the same spans has emitted. */
  restore(eventType: string, metadata: Metadata): void {
    const id = textOf(metadata['span_id'])
    if (id === undefined) return
    if (eventType.endsWith('_end')) this.#spans.set(id, undefined)
    if (!eventType.endsWith('_start') || this.#spans.has(id)) return
    this.#spans.set(id, { kind: eventType.slice(0, -'_start'.length), text: '' })
    const trace = textOf(metadata['trace_id']) ?? ''
    for (const owned of [id, textOf(metadata['parent_id'])]) {
      const isOwned = owned !== undefined && !owned.startsWith(`${trace}:`)
      if (isOwned && !this.#owners.has(owned)) this.#owners.set(owned, trace)
    }
  }

  end(): void {
    // A span without an end did not end.
  }

  /** A document without spans. */
  #pushOther(record: unknown): Taken {
    if (!isFields(record)) return { unknown: 'not an object' }
    if (OTHER_SIGNALS.some((key) => Object.hasOwn(record, key))) return 'known'
    return { unknown: Object.keys(record).slice(0, 3).join(', ') || 'an empty object' }
  }

  /** Whether the span has a usable time. */
  #take(span: Fields, service: string | undefined): boolean {
    const startS = nanoSeconds(field(span, 'startTimeUnixNano', 'start_time_unix_nano'))
    const attributes = attributesOf(span['attributes'])
    if (startS === undefined) {
      // Counts the span.
      this.#host.emit('span_start', NaN, {})
      return false
    }
    const trace = otelId(field(span, 'traceId', 'trace_id')) ?? ''
    const ownId = otelId(field(span, 'spanId', 'span_id')) ?? `without-id-${++this.#withoutId}`
    const parentId = otelId(field(span, 'parentSpanId', 'parent_span_id'))
    const isPending =
      parentId !== undefined && attributes.get('logfire.span_type') === 'pending_span'
    // A pending span has an id of its own; it announces its parent, the span that is running.
    const id = isPending ? parentId : ownId
    const parent = isPending ? otelId(attributes.get('logfire.pending_parent_id')) : parentId
    const read = spanOf(span, startS, attributes)
    const state: SpanState = {
      span: read,
      id: this.#idOf(trace, id),
      ids: {
        ...(parent !== undefined && { parent_id: this.#idOf(trace, parent) }),
        // Spans without a parent are not nested by time in those of other traces, whose run differs.
        ...(trace !== '' && { trace_id: trace, run_id: trace }),
        ...defined({ service }),
      },
      endS: isPending
        ? undefined
        : nanoSeconds(field(span, 'endTimeUnixNano', 'end_time_unix_nano')),
    }
    this.#apply(state)
    return true
  }

  #apply({ span, id, ids, endS }: SpanState): void {
    const isKnown = this.#spans.has(id)
    const open = this.#spans.get(id)
    if (isKnown && open === undefined) return
    const kind = open?.kind ?? kindOfSpan(span)
    const names: Metadata = { span_id: id, ...ids, ...startMetadata(span, kind) }
    const figures: Metadata = {
      ...endMetadata(span, kind),
      ...attributeMetadata(span, this.#textChars),
    }
    if (endS === undefined) {
      const text = JSON.stringify([names, figures])
      if (open?.text === text) return
      const type = open === undefined ? `${kind}_start` : 'span_update'
      this.#host.emit(type, span.startS, { ...names, ...figures })
      this.#spans.set(id, { kind, text })
      return
    }
    this.#spans.set(id, undefined)
    if (open === undefined) this.#host.emit(`${kind}_start`, span.startS, names)
    const late = open === undefined ? { span_id: id } : names
    this.#host.emit(`${kind}_end`, endS, { ...late, ...figures })
  }

  /**
   * The id of a span in the run. Ids are unique in their trace, and nearly always everywhere; then they
   * stay as they are, so that other logs can refer to them.
   */
  #idOf(trace: string, id: string): string {
    const owner = this.#owners.get(id)
    if (owner === undefined) this.#owners.set(id, trace)
    return owner === undefined || owner === trace ? id : `${trace}:${id}`
  }
}

/** The result for a document is the best one of its parts. */
const ORDER: readonly Taken[] = ['used', 'untimed']
/** Documents wrap `resourceSpans` this deep at most. */
const MOST_DEPTH = 6

/** The elements of `resourceSpans` anywhere in a document. */
function* resourceSpansIn(value: unknown, depth = 0): Generator<unknown, void, void> {
  if (depth > MOST_DEPTH) return
  if (Array.isArray(value)) {
    for (const item of value) yield* resourceSpansIn(item, depth + 1)
  } else if (isFields(value)) {
    const spans = value['resourceSpans'] ?? value['resource_spans']
    if (Array.isArray(spans)) {
      for (const item of spans) if (scopesOf(fieldsOf(item)) !== undefined) yield item
    } else for (const item of Object.values(value)) yield* resourceSpansIn(item, depth + 1)
  }
}

interface SpanState {
  readonly span: OtelSpan
  readonly id: string
  readonly ids: Metadata
  readonly endS: number | undefined
}

/** The scopes of a resource; undefined if the record is no element of `resourceSpans`. */
export function scopesOf(resource: Fields): readonly unknown[] | undefined {
  // The last two are names of versions before 0.15.
  const scopes =
    resource['scopeSpans'] ??
    resource['scope_spans'] ??
    resource['instrumentationLibrarySpans'] ??
    resource['instrumentation_library_spans']
  if (Array.isArray(scopes)) return scopes
  return Object.hasOwn(resource, 'resource') ? [] : undefined
}

function field(span: Fields, camel: string, snake: string): unknown {
  return span[camel] ?? span[snake]
}

function spanOf(span: Fields, startS: number, attributes: Attributes): OtelSpan {
  const { code, message } = fieldsOf(span['status'])
  return {
    name: textOf(span['name']) ?? 'span',
    startS,
    attributes,
    hasFailed: code === 2 || code === 'STATUS_CODE_ERROR',
    isOk: code === 1 || code === 'STATUS_CODE_OK',
    statusMessage: textOf(message),
    events: listOf(span['events']).map((event) => {
      const fields = fieldsOf(event)
      return {
        name: textOf(fields['name']) ?? '',
        timeS: nanoSeconds(field(fields, 'timeUnixNano', 'time_unix_nano')),
        attributes: attributesOf(fields['attributes']),
      }
    }),
  }
}

/** All attributes, cut, in a field of their own: their keys must not be read as ids or names. */
function attributeMetadata({ attributes }: OtelSpan, chars: number): Record<string, JsonValue> {
  if (attributes.size === 0) return {}
  return { attributes: short(Object.fromEntries(attributes), chars) }
}
