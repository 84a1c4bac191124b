/**
 * OTLP that is received while its spans run: which run each span belongs to, and its native lines.
 * Loaded by servers only.
 */
import { encodeEvent, type AgentEvent } from '@wattline/trace'
import { fieldsOf, listOf, type Fields } from '../read/fields.ts'
import { attributesOf, textAt } from './otel-attributes.ts'
import { otelId } from './otel-ids.ts'
import { kindOfSpan, OTHER_KIND } from './otel-span.ts'
import { liveOtlpReader, scopesOf, type OtlpReader } from './otlp.ts'

export { decodeTraceRequest, encodeStatus, encodeTraceResponse } from './otlp-protobuf.ts'

/** Spans of one process and trace. */
export interface SpanBatch {
  readonly traceId: string
  /** A run that the process names in its resource. */
  readonly run: string | undefined
  /** The first conversation or session of the batch. */
  readonly conversation: string | undefined
  /** Whether a span of the batch is one of a model, a tool or an agent. */
  readonly hasAi: boolean
  readonly service: string | undefined
  readonly instance: string | undefined
  readonly spans: number
  /** An element of `resourceSpans` with these spans alone. */
  readonly resourceSpans: object
}

/** The spans of a request by process and trace. */
export function batchesOf(request: unknown): SpanBatch[] {
  const fields = fieldsOf(request)
  return listOf(fields['resourceSpans'] ?? fields['resource_spans']).flatMap((resource) =>
    batchesOfResource(fieldsOf(resource)),
  )
}

function batchesOfResource(resourceSpans: Fields): SpanBatch[] {
  const { resource } = resourceSpans
  const attributes = attributesOf(fieldsOf(resource)['attributes'])
  const byTrace = new Map<string, Fields[]>()
  for (const scope of scopesOf(resourceSpans) ?? []) {
    for (const item of listOf(fieldsOf(scope)['spans'])) {
      const span = fieldsOf(item)
      const traceId = otelId(span['traceId'] ?? span['trace_id']) ?? ''
      const spans = byTrace.get(traceId)
      if (spans === undefined) byTrace.set(traceId, [span])
      else spans.push(span)
    }
  }
  return [...byTrace].map(([traceId, spans]) => {
    const all = spans.map((span) => attributesOf(span['attributes']))
    const conversations = all.map((of) => textAt(of, 'gen_ai.conversation.id', 'session.id'))
    return {
      traceId,
      run: textAt(attributes, 'wattline.run'),
      conversation: conversations.find((id) => id !== undefined),
      hasAi: all.some((of) => kindOfSpan({ name: '', attributes: of }) !== OTHER_KIND),
      service: textAt(attributes, 'service.name'),
      instance: textAt(attributes, 'service.instance.id'),
      spans: spans.length,
      resourceSpans: { resource, scopeSpans: [{ spans }] },
    }
  })
}

/** Converts the spans of one run and process, in the order in which they arrive. */
export class LiveSpans {
  #lines: string[] = []
  #untimed = 0
  readonly #reader: OtlpReader

  constructor() {
    this.#reader = liveOtlpReader({
      stem: 'otlp',
      emit: (event_type, timestamp, metadata) => {
        if (Number.isNaN(timestamp)) this.#untimed++
        else this.#lines.push(encodeEvent({ event_type, timestamp, metadata }))
      },
      note: () => undefined,
      want: () => undefined,
      stale: () => undefined,
    })
  }

  /** Learns the spans of an event that is in the log already, from before a restart. */
  restore({ event_type: type, metadata }: AgentEvent): void {
    this.#reader.restore(type, metadata)
  }

  /** Native lines of the batch, and the number of spans without a start time, which have none. */
  take(batch: SpanBatch): { readonly lines: readonly string[]; readonly untimed: number } {
    this.#lines = []
    this.#untimed = 0
    this.#reader.push(batch.resourceSpans)
    return { lines: this.#lines, untimed: this.#untimed }
  }
}
