/**
 * Ends a span when a stream ends: an async generator or other async iterable, a `ReadableStream`, or
 * a Node stream. The stream stays the same object; some of its methods are replaced on it.
 */

/** The methods of a span that a stream needs. */
export interface StreamSpan {
  run<T>(fn: () => T): T
  end(): void
  fail(error: unknown): void
}

type Method = (...args: unknown[]) => unknown

/** Ends `span` when `value` ends; returns false if `value` is not a stream that can be watched. */
export function endWithStream(value: unknown, span: StreamSpan): boolean {
  if (typeof value !== 'object' || value === null) return false
  try {
    if (isReadableStream(value)) watchReadableStream(value, span)
    else if (isNodeStream(value)) watchNodeStream(value, span)
    else if (isAsyncIterable(value)) watchIterable(value, span)
    else return false
    return true
  } catch {
    // The object is frozen.
    return false
  }
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'
}

function isReadableStream(value: object): value is ReadableStream {
  return typeof (value as Partial<ReadableStream>).getReader === 'function'
}

interface NodeStream {
  readonly errored?: unknown
  once(event: string, listener: () => void): unknown
}

function isNodeStream(value: object): value is NodeStream {
  return isAsyncIterable(value) && typeof (value as Partial<NodeStream>).once === 'function'
}

/** Listens to no `error` event, because a listener would count as a handler of the program. */
function watchNodeStream(stream: NodeStream, span: StreamSpan): void {
  stream.once('end', () => span.end())
  stream.once('close', () => {
    const { errored } = stream
    if (errored === undefined || errored === null) span.end()
    else span.fail(errored)
  })
}

function watchIterable(iterable: AsyncIterable<unknown>, span: StreamSpan): void {
  if (typeof (iterable as Partial<AsyncIterator<unknown>>).next === 'function') {
    watchIterator(iterable as AsyncIterable<unknown> & AsyncIterator<unknown>, span)
    return
  }
  replace(iterable, Symbol.asyncIterator, (original) => {
    const iterator = original() as AsyncIterator<unknown>
    watchIterator(iterator, span)
    return iterator
  })
}

/** The body of a generator runs inside the span. */
function watchIterator(iterator: AsyncIterator<unknown>, span: StreamSpan): void {
  for (const name of ['next', 'return', 'throw'] as const) {
    if (typeof iterator[name] !== 'function') continue
    replace(iterator, name, (original, args) => {
      const result = span.run(() => original(...args)) as Promise<IteratorResult<unknown>>
      Promise.resolve(result).then(
        ({ done }) => {
          if (done === true) span.end()
        },
        (error: unknown) => span.fail(error),
      )
      return result
    })
  }
}

function watchReadableStream(stream: ReadableStream, span: StreamSpan): void {
  const end = (): void => span.end()
  const fail = (error: unknown): void => span.fail(error)
  replace(stream, 'getReader', (original, args) => {
    const reader = original(...args) as ReadableStreamDefaultReader
    // A reader that is released without an end may be followed by another one.
    reader.closed.then(end, (error: unknown) => {
      if (stream.locked) fail(error)
    })
    return reader
  })
  replace(stream, 'pipeTo', (original, args) => {
    const piped = original(...args) as Promise<void>
    piped.then(end, fail)
    return piped
  })
  replace(stream, 'pipeThrough', (_, [pair, options]) => {
    const { readable, writable } = pair as { readable: ReadableStream; writable: WritableStream }
    stream.pipeTo(writable, options as object).catch(() => undefined)
    return readable
  })
  replace(stream, 'tee', (original) => {
    const branches = original() as ReadableStream[]
    for (const branch of branches) watchReadableStream(branch, span)
    return branches
  })
  replace(stream, 'cancel', (original, args) => {
    const canceled = original(...args) as Promise<void>
    canceled.then(end, fail)
    return canceled
  })
  for (const name of ['values', Symbol.asyncIterator]) {
    if (!(name in stream)) continue
    replace(stream, name, (original, args) => {
      const iterator = original(...args) as AsyncIterator<unknown>
      watchIterator(iterator, span)
      return iterator
    })
  }
}

/** Replaces a method on this object. `by` gets the original, bound to the object. */
function replace(
  object: object,
  name: string | symbol,
  by: (original: Method, args: unknown[]) => unknown,
): void {
  const original = ((object as Record<string | symbol, Method>)[name] as Method).bind(object)
  Object.defineProperty(object, name, {
    value: (...args: unknown[]) => by(original, args),
    configurable: true,
    writable: true,
  })
}
