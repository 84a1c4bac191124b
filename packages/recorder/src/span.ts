/**
 * A span under way: its start is recorded, its end will be. Both events carry the span's id and its
 * parent's, so that nothing has to be guessed when the log is read.
 */
import type { Metadata } from '@wattline/trace'
import { errorMessage } from './snapshot/json-writer.ts'
import type { Flat } from './snapshot/snapshot.ts'

/** What a recorder does for its spans. */
export interface SpanHost {
  /** Records metadata with `ids` joined to it. */
  emit(type: string, ids: Flat, metadata: unknown): void
  /** The metadata as it is now, in a form nobody else holds. */
  snapshot(metadata: unknown): Metadata
  runInside<T>(spanId: string, fn: () => T): T
}

/**
 * @example
 * using span = recorder.start('tool_call', { tool: 'search' })
 * span.add({ hits: 12 })
 */
export class RecordedSpan {
  readonly kind: string
  /** 16 hex digits, unless the metadata brought a `span_id` of its own. */
  readonly id: string
  readonly parentId: string | undefined
  readonly #host: SpanHost
  readonly #ids: Flat
  #added: Metadata | undefined
  #ended = false

  constructor(host: SpanHost, kind: string, id: string, parentId: string | undefined) {
    this.#host = host
    this.kind = kind
    this.id = id
    this.parentId = parentId
    this.#ids = parentId === undefined ? { span_id: id } : { span_id: id, parent_id: parentId }
  }

  /** Records the start; called once, by the recorder. */
  begin(metadata: unknown): void {
    this.#host.emit(`${this.kind}_start`, this.#ids, metadata)
  }

  /** Whether its end is recorded. */
  get ended(): boolean {
    return this.#ended
  }

  /** Metadata for the end event: what is only known on the way. Later keys win. */
  add(metadata: object): this {
    this.#added = { ...this.#added, ...this.#host.snapshot(metadata) }
    return this
  }

  /** Records the end. Only the first end counts; a span that has ended ignores another. */
  end(metadata?: object): void {
    if (this.#ended) return
    this.#ended = true
    const all =
      this.#added === undefined ? metadata : { ...this.#added, ...this.#host.snapshot(metadata) }
    this.#host.emit(`${this.kind}_end`, this.#ids, all)
  }

  /** Records the end of a failed span: `success: false`, `error` and `error_type`. */
  fail(error: unknown, metadata?: object): void {
    if (this.#ended) return
    this.end({
      ...(metadata === undefined ? {} : this.#host.snapshot(metadata)),
      success: false,
      error: errorMessage(error),
      error_type: errorType(error),
    })
  }

  /** Runs `fn` inside the span: spans started in it become children. Does not end the span. */
  run<T>(fn: () => T): T {
    return this.#host.runInside(this.id, fn)
  }

  /** `using` ends the span with its block. It cannot see whether the block threw: use `span()`. */
  [Symbol.dispose](): void {
    this.end()
  }
}

/** Runs `fn` inside `span` and ends it with what became of it; an error is passed on. */
export function runSpan<T>(span: RecordedSpan, fn: (span: RecordedSpan) => T): T {
  let result: T
  try {
    result = span.run(() => fn(span))
  } catch (error) {
    span.fail(error)
    throw error
  }
  if (!isThenable(result)) {
    span.end()
    return result
  }
  return settled(result, span) as T
}

async function settled(promise: PromiseLike<unknown>, span: RecordedSpan): Promise<unknown> {
  try {
    const value = await promise
    span.end()
    return value
  } catch (error) {
    span.fail(error)
    throw error
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  )
}

function errorType(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return typeof error.name === 'string' ? error.name : 'Error'
}
