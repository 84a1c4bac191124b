import { EventEmitter, once } from 'node:events'
import { Readable } from 'node:stream'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import type { AgentEvent } from '@wattline/trace'
import { describe, expect, it } from 'vitest'
import { EventRecorder } from './index.ts'

const memory = { env: {} }

const types = (events: readonly AgentEvent[]) => events.map(({ event_type }) => event_type)

/** Metadata by type, for tests that record each type once. */
function byType(recorder: EventRecorder): Record<string, AgentEvent['metadata']> {
  return Object.fromEntries(
    recorder.getEvents().map(({ event_type, metadata }) => [event_type, metadata]),
  )
}

describe('spans', () => {
  it('record an update of their start at once, also after the end, with their id alone', () => {
    const recorder = new EventRecorder(memory)
    const outer = recorder.start('agent')
    const span = outer.run(() => recorder.start('lm_inference', { model: 'asked' }))
    span.update({ model: 'served', span_id: 'other' }).end()
    span.update({ cost_usd: 0.5 })
    const updates = recorder.getEvents().filter(({ event_type: type }) => type === 'span_update')
    expect(updates.map(({ metadata }) => metadata)).toEqual([
      { span_id: span.id, model: 'served' },
      { span_id: span.id, cost_usd: 0.5 },
    ])
  })

  it('record their own id and their parent’s on both events', () => {
    const recorder = new EventRecorder(memory)
    recorder.span('turn', { turn_idx: 1 }, (turnSpan) => {
      recorder.span('tool_call', { tool: 'search' }, (span) => {
        expect(span.id).toMatch(/^[0-9a-f]{16}$/)
        expect(span.parentId).toBe(turnSpan.id)
        span.add({ hits: 3 }).add({ more: [1] })
        recorder.point('cache_hit', { key: 'k' })
      })
    })
    const events = byType(recorder)
    const { span_id: turnId } = events['turn_start'] ?? {}
    const { span_id: toolId } = events['tool_call_start'] ?? {}
    expect(events['turn_start']).toEqual({ span_id: turnId, turn_idx: 1 })
    expect(events['tool_call_start']).toEqual({
      span_id: toolId,
      parent_id: turnId,
      tool: 'search',
    })
    expect(events['tool_call_end']).toEqual({
      span_id: toolId,
      parent_id: turnId,
      hits: 3,
      more: [1],
    })
    expect(events['cache_hit']).toEqual({ parent_id: toolId, key: 'k' })
  })

  it('record the error of a function, synchronous or not, and throw it', async () => {
    const recorder = new EventRecorder(memory)
    const bad = new RangeError('too far')
    expect(() =>
      recorder.span('tool_call', () => {
        throw bad
      }),
    ).toThrow(bad)
    await expect(
      recorder.span('turn', { a: 1 }, async () => {
        await turn()
        throw bad
      }),
    ).rejects.toBe(bad)
    const failure = { success: false, error: 'too far', error_type: 'RangeError' }
    expect(byType(recorder)['tool_call_end']).toMatchObject(failure)
    expect(byType(recorder)['turn_end']).toMatchObject(failure)
  })

  it('return what the function returns', async () => {
    const recorder = new EventRecorder(memory)
    expect(recorder.span('a', () => 7)).toBe(7)
    expect(await recorder.span('b', {}, async () => 8)).toBe(8)
    expect(types(recorder.getEvents())).toEqual(['a_start', 'a_end', 'b_start', 'b_end'])
  })

  it('end once, also with `using`', () => {
    const recorder = new EventRecorder(memory)
    {
      using span = recorder.start('tool_call', { tool: 'x' })
      span.fail('no luck')
      span.end()
    }
    {
      using span = recorder.start('turn')
      expect(span.ended).toBe(false)
    }
    expect(types(recorder.getEvents())).toEqual([
      'tool_call_start',
      'tool_call_end',
      'turn_start',
      'turn_end',
    ])
    expect(byType(recorder)['tool_call_end']).toMatchObject({
      error: 'no luck',
      error_type: 'string',
    })
  })

  it('use the ids of the metadata', () => {
    const recorder = new EventRecorder(memory)
    const span = recorder.start('tool_call', { span_id: 'mine', parent_id: 'theirs' })
    span.end({ span_id: 'other' })
    expect([span.id, span.parentId]).toEqual(['mine', 'theirs'])
    expect(byType(recorder)['tool_call_end']).toEqual({ span_id: 'mine', parent_id: 'theirs' })
  })

  it('do not throw for metadata whose getters throw', () => {
    const recorder = new EventRecorder(memory)
    const hostile = {
      get span_id() {
        throw new Error('x')
      },
      get parent_id() {
        throw new Error('y')
      },
    }
    const span = recorder.start('tool_call', hostile)
    span.add(hostile)
    span.end(hostile)
    recorder.point('p', hostile)
    expect(recorder.length).toBe(3)
    expect(byType(recorder)['tool_call_end']).toMatchObject({ span_id: span.id })
  })

  it('keep the contexts of concurrent tasks apart', async () => {
    const recorder = new EventRecorder(memory)
    const task = async (n: number) =>
      recorder.span('agent', { n }, async (agent) => {
        for (let k = 0; k < 5; k++) {
          for (let i = (n * 7 + k) % 4; i > 0; i--) await turn()
          await recorder.span('tool_call', { n }, async (tool) => {
            await turn()
            expect(tool.parentId).toBe(agent.id)
            recorder.span('prefill', { n }, (inner) => expect(inner.parentId).toBe(tool.id))
          })
        }
      })
    await Promise.all(Array.from({ length: 50 }, (_, n) => task(n)))
    const starts = recorder.getEvents().filter(({ event_type }) => event_type.endsWith('_start'))
    const taskOf = new Map(starts.map(({ metadata }) => [metadata['span_id'], metadata['n']]))
    const children = starts.filter(({ metadata }) => metadata['parent_id'] !== undefined)
    expect(children).toHaveLength(500)
    for (const { metadata } of children)
      expect(taskOf.get(metadata['parent_id'])).toBe(metadata['n'])
  })

  it('can be entered later with run()', () => {
    const recorder = new EventRecorder(memory)
    const agent = recorder.start('agent')
    agent.run(() => recorder.start('turn').end())
    expect(byType(recorder)['turn_start']?.['parent_id']).toBe(agent.id)
  })

  it('are the parent after an await, in a timer, a microtask, a callback and an iterator', async () => {
    const recorder = new EventRecorder(memory)
    const emitter = new EventEmitter()
    async function* numbers() {
      await turn()
      yield recorder.start('in_iterator').parentId
    }
    await recorder.span('agent', async (agent) => {
      const parents = [
        await sleep(1).then(() => recorder.start('after_await').parentId),
        await new Promise((resolve) => setTimeout(() => resolve(recorder.start('t').parentId), 1)),
        await new Promise((resolve) => queueMicrotask(() => resolve(recorder.start('m').parentId))),
        await new Promise((resolve) =>
          process.nextTick(() => resolve(recorder.start('n').parentId)),
        ),
      ]
      emitter.once('event', () => parents.push(recorder.start('in_callback').parentId))
      emitter.emit('event')
      for await (const parent of numbers()) parents.push(parent)
      expect(parents).toEqual(Array(6).fill(agent.id))
    })
    expect(recorder.start('outside').parentId).toBeUndefined()
  })

  it('are the parent of a point, unless its metadata has another one', () => {
    const recorder = new EventRecorder(memory)
    recorder.point('outside', { a: 1 })
    recorder.span('agent', (agent) => {
      recorder.point('inside')
      recorder.point('elsewhere', { parent_id: 'theirs' })
      expect(byType(recorder)['inside']).toEqual({ parent_id: agent.id })
    })
    expect(byType(recorder)['outside']).toEqual({ a: 1 })
    expect(byType(recorder)['elsewhere']).toEqual({ parent_id: 'theirs' })
  })

  it('of two recorders do not become each other’s parents', () => {
    const [first, second] = [new EventRecorder(memory), new EventRecorder(memory)]
    first.span('agent', () => {
      expect(second.start('turn').parentId).toBeUndefined()
    })
  })

  it('merge metadata that was added with that of the end; later values win', () => {
    const recorder = new EventRecorder(memory)
    const span = recorder.start('tool_call')
    const nested = { list: [1] }
    span.add({ a: 1, b: 1, nested }).add({ b: 2 })
    nested.list.push(2)
    span.end({ b: 3, c: 3 })
    span.add({ late: true })
    expect(byType(recorder)['tool_call_end']).toEqual({
      span_id: span.id,
      a: 1,
      b: 3,
      c: 3,
      nested: { list: [1] },
    })
  })

  it.each([
    ['an error', new RangeError('too far'), 'too far', 'RangeError'],
    ['an error without a name', Object.assign(new Error('x'), { name: 7 }), 'x', 'Error'],
    ['a string', 'no luck', 'no luck', 'string'],
    ['undefined', undefined, 'undefined', 'undefined'],
    ['an object', { code: 1 }, '[object Object]', 'object'],
    ['a value without text', Object.create(null), 'unknown', 'object'],
  ])('fail with the message and type of %s', (_, error, message, type) => {
    const recorder = new EventRecorder(memory)
    recorder.start('tool_call').fail(error, { attempt: 2 })
    expect(byType(recorder)['tool_call_end']).toMatchObject({
      attempt: 2,
      success: false,
      error: message,
      error_type: type,
    })
  })

  it('end when a thenable that is not a Promise is settled', async () => {
    const recorder = new EventRecorder(memory)
    let settle: ((value: number) => void) | undefined
    const thenable: PromiseLike<number> = {
      // oxlint-disable-next-line unicorn/no-thenable -- what query builders return
      then: (onDone) =>
        new Promise((resolve) => (settle = (value) => resolve(onDone?.(value) as never))),
    }
    const result = recorder.span('query', () => thenable)
    expect(types(recorder.getEvents())).toEqual(['query_start'])
    await turn()
    settle?.(7)
    expect(await result).toBe(7)
    expect(types(recorder.getEvents())).toEqual(['query_start', 'query_end'])
  })

  it('end with `using` when the block throws, but cannot record the error', () => {
    const recorder = new EventRecorder(memory)
    expect(() => {
      using span = recorder.start('tool_call')
      expect(span.ended).toBe(false)
      throw new Error('unseen')
    }).toThrow('unseen')
    const [, end] = recorder.getEvents()
    expect(end).toMatchObject({ event_type: 'tool_call_end' })
    expect(end?.metadata).not.toHaveProperty('error')
  })

  it('do not end with run(), which may be called several times', () => {
    const recorder = new EventRecorder(memory)
    const agent = recorder.start('agent')
    expect(agent.run(() => 1)).toBe(1)
    expect(() =>
      agent.run(() => {
        throw new Error('passed on')
      }),
    ).toThrow('passed on')
    expect(agent.ended).toBe(false)
    agent.end()
    expect(types(recorder.getEvents())).toEqual(['agent_start', 'agent_end'])
  })
})

describe('the span of a stream', () => {
  /** Records a span around `make`, reads with `read`, and returns the event types and children. */
  async function recorded<T>(make: (point: () => void) => T, read: (stream: T) => unknown) {
    const recorder = new EventRecorder(memory)
    const stream = recorder.span('answer', () => make(() => recorder.point('inside')))
    recorder.point('before')
    let error: unknown
    try {
      await read(await stream)
    } catch (thrown) {
      error = thrown
    }
    await turn()
    recorder.point('after')
    return { types: types(recorder.getEvents()), events: byType(recorder), error }
  }

  async function* generated(point: () => void, fails = false) {
    yield 1
    point()
    await turn()
    if (fails) throw new Error('broken')
    yield 2
  }

  async function readAll(stream: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of stream) await turn()
  }

  async function readFirst(stream: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of stream) break
  }

  const webStream = () =>
    new ReadableStream({
      async start(controller) {
        await turn()
        controller.enqueue('x')
        controller.close()
      },
    })

  /** Like the streams of model libraries: an object of a class with private members. */
  class Answer {
    readonly #chunks = ['a', 'b']
    async *[Symbol.asyncIterator]() {
      for (const chunk of this.#chunks) yield chunk
    }
  }

  it.each<[string, (point: () => void) => unknown, (stream: never) => unknown]>([
    ['an async generator that is read to its end', (point) => generated(point), readAll],
    ['an async generator that is left early', (point) => generated(point), readFirst],
    ['a promise of a generator', async (point) => generated(point), readAll],
    ['an async iterable of a class', () => new Answer(), readAll],
    ['a web stream that is iterated', webStream, readAll],
    [
      'a web stream with a reader',
      webStream,
      async (s: ReadableStream) => {
        const reader = s.getReader()
        while (!(await reader.read()).done);
      },
    ],
    ['a web stream that is canceled', webStream, (s: ReadableStream) => s.cancel()],
    [
      'a web stream that is piped',
      webStream,
      async (s: ReadableStream<string>) => {
        await readAll(s.pipeThrough(new TransformStream()))
      },
    ],
    [
      'a web stream with two branches',
      webStream,
      async (s: ReadableStream) => {
        await Promise.all(s.tee().map(readAll))
      },
    ],
    ['a Node stream', () => Readable.from(['a', 'b']), readAll],
    [
      'a Node stream that is read with listeners',
      () => Readable.from(['a', 'b']),
      async (s: Readable) => {
        await once(s.resume(), 'end')
      },
    ],
  ])('ends with %s', async (_, make, read) => {
    const { types: all, events, error } = await recorded(make, read as (stream: unknown) => unknown)
    expect(error).toBeUndefined()
    expect(all.filter((type) => type !== 'inside')).toEqual([
      'answer_start',
      'before',
      'answer_end',
      'after',
    ])
    expect(events['answer_end']).not.toHaveProperty('success')
  })

  it('contains what the generator records', async () => {
    const { events } = await recorded((point) => generated(point), readAll)
    expect(events['inside']).toMatchObject({ parent_id: events['answer_start']?.['span_id'] })
  })

  it.each<[string, (point: () => void) => AsyncIterable<unknown>]>([
    ['a generator', (point) => generated(point, true)],
    ['a Node stream', () => Readable.from(generated(() => undefined, true))],
    ['a web stream', () => new ReadableStream({ pull: (c) => c.error(new Error('broken')) })],
  ])('fails with %s that fails, and passes the error on', async (_, make) => {
    const { events, error } = await recorded(make, readAll)
    expect(error).toMatchObject({ message: 'broken' })
    expect(events['answer_end']).toMatchObject({ success: false, error: 'broken' })
  })

  it('ends immediately for a stream that cannot be watched', async () => {
    const { types: all } = await recorded(() => Object.freeze(new Answer()), readAll)
    expect(all).toEqual(['answer_start', 'answer_end', 'before', 'after'])
  })
})

describe('values of another realm', () => {
  const foreign = (code: string): unknown => runInNewContext(code, { Uint8Array, Buffer })

  it.each([
    ["new TypeError('no')", new TypeError('no')],
    ['new Map([[1, 2]])', new Map([[1, 2]])],
    ['new Set([1])', new Set([1])],
    ['/a+/g', /a+/g],
    ['new Date(0)', new Date(0)],
    ["new Date('x')", new Date('x')],
    ['Promise.resolve()', Promise.resolve()],
    ['new WeakMap()', new WeakMap()],
    ['Object(5)', Object(5)],
    ["Object('x')", Object('x')],
    ['new ArrayBuffer(3)', new ArrayBuffer(3)],
    ['({ a: [1, { b: 2 }] })', { a: [1, { b: 2 }] }],
    ["new AggregateError([new Error('a')], 'all')", new AggregateError([new Error('a')], 'all')],
  ])('%s is recorded like one of this realm', (code, own) => {
    const recorder = new EventRecorder(memory)
    recorder.record('foreign', { value: foreign(code) })
    recorder.record('own', { value: own })
    const events = byType(recorder)
    const text = JSON.stringify(events['foreign'], (key, value) => (key === 'stack' ? '' : value))
    expect(text).toBe(JSON.stringify(events['own'], (key, value) => (key === 'stack' ? '' : value)))
  })

  it('an error of another realm fails a span with its type and message', () => {
    const recorder = new EventRecorder(memory)
    const error = foreign("new RangeError('far')")
    expect(() =>
      recorder.span('a', () => {
        throw error
      }),
    ).toThrow('far')
    expect(byType(recorder)['a_end']).toMatchObject({ error: 'far', error_type: 'RangeError' })
  })
})
