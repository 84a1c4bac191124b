/**
 * A running span: its start is recorded, its end is not yet. Both events carry the ids of the span
 * and of its parent, so that readers of the log do not have to guess.
 */
import { UPDATE_TYPE, type Metadata } from '@wattline/trace'
import { errorMessage } from './snapshot/json-writer.ts'
import { isError } from './snapshot/plain-forms.ts'
import type { Flat } from './snapshot/snapshot.ts'
import { endWithStream } from './stream.ts'

/** The methods of a recorder that a span uses. */
export interface SpanHost {
  /** Records an event of `metadata` and `ids`. */
  emit(type: string, ids: Flat, metadata: unknown): void
  /** Copies the metadata as it is now. */
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
  /** `span_id` of the metadata, else 16 random hex digits. */
  readonly id: string
  readonly parentId: string | undefined
  readonly #host: SpanHost
  readonly #ids: Flat
  #added: Metadata | undefined
  #isEnded = false

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

  /** Whether the end is recorded. */
  get ended(): boolean {
    return this.#isEnded
  }

  /** Adds metadata to the end event. Later values replace earlier ones. */
  add(metadata: object): this {
    this.#added = { ...this.#added, ...this.#host.snapshot(metadata) }
    return this
  }

  /**
   * Records a `span_update`: its metadata is laid over that of the start, also while the span is open.
   * Use it for what becomes known after the start, such as the served model. After the end it still
   * counts, below the metadata of the end.
   */
  update(metadata: object): this {
    this.#host.emit(UPDATE_TYPE, { span_id: this.id }, metadata)
    return this
  }

  /** Records the end. Later calls do nothing. */
  end(metadata?: object): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const all =
      this.#added === undefined ? metadata : { ...this.#added, ...this.#host.snapshot(metadata) }
    this.#host.emit(`${this.kind}_end`, this.#ids, all)
  }

  /** Records the end with `success: false`, `error` and `error_type`. */
  fail(error: unknown, metadata?: object): void {
    if (this.#isEnded) return
    this.end({
      ...this.#host.snapshot(metadata),
      success: false,
      error: errorMessage(error),
      error_type: errorType(error),
    })
  }

  /** Runs `fn` inside the span, so that spans started in it become children. Does not end the span. */
  run<T>(fn: () => T): T {
    return this.#host.runInside(this.id, fn)
  }

  /** Ends the span with the block of `using`, which cannot detect that the block threw. */
  [Symbol.dispose](): void {
    this.end()
  }
}

/**
 * Runs `fn` inside `span`, records its end or its error, and returns or throws the same. The span of
 * a promise or stream ends when that ends.
 */
export function runSpan<T>(span: RecordedSpan, fn: (span: RecordedSpan) => T): T {
  let result: T
  try {
    result = span.run(() => fn(span))
  } catch (error) {
    span.fail(error)
    throw error
  }
  if (isThenable(result)) return settled(result, span) as T
  if (!endWithStream(result, span)) span.end()
  return result
}

async function settled(promise: PromiseLike<unknown>, span: RecordedSpan): Promise<unknown> {
  try {
    const value = await promise
    if (!endWithStream(value, span)) span.end()
    return value
  } catch (error) {
    span.fail(error)
    throw error
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}

function errorType(error: unknown): string {
  if (!isError(error)) return typeof error
  return typeof error.name === 'string' ? error.name : 'Error'
}
