import { describe, expect, it } from 'vitest'
import { draw, traceOf } from '../testing/draw.ts'
import { HARD_KEYS, ID_KEYS, SOFT_KEYS } from '../testing/oracle.ts'
import { Trace } from './trace.ts'

const grep = { tool: 'grep' }
const ls = { tool: 'ls' }

describe('pairing by id', () => {
  it.each(ID_KEYS)('pairs by %s', (key) => {
    const { spans } = traceOf([
      ['tool_call_start', 1, { [key]: 'a' }],
      ['tool_call_start', 2, { [key]: 2 }],
      ['tool_call_end', 3, { [key]: 'a' }],
      ['tool_call_end', 4, { [key]: '2' }],
    ])
    expect(spans.map(({ endS }) => endS)).toEqual([3, 4])
  })

  it('pairs an end with a later start of the same id until another end follows', () => {
    const events = [
      ['decode_end', 1, { span_id: 'a' }],
      ['decode_start', 1, { span_id: 'a' }],
      ['decode_end', 2, { span_id: 'a' }],
    ] as const
    expect(draw(traceOf(events.slice(0, 2)))).toEqual(['decode 1–1'])
    expect(draw(traceOf(events))).toEqual(['decode 1–2'])
  })

  it('pairs by id whatever overlaps', () => {
    const trace = traceOf([
      ['tool_call_start', 1, { call_id: 'a' }],
      ['tool_call_start', 2, { call_id: 'b' }],
      ['tool_call_end', 3, { call_id: 'a' }],
      ['tool_call_end', 4, { call_id: 'b' }],
    ])
    expect(draw(trace)).toEqual(['tool_call 1–3', 'tool_call 2–4'])
  })

  it('needs one id key that agrees and none that differs', () => {
    const trace = traceOf([
      ['tool_call_start', 1, { request_id: 'r', call_id: 'a' }],
      ['tool_call_start', 2, { request_id: 'r', call_id: 'b' }],
      ['tool_call_end', 3, { request_id: 'r', call_id: 'a' }],
      ['tool_call_end', 4, { call_id: 'b' }],
    ])
    expect(draw(trace)).toEqual(['tool_call 1–3', 'tool_call 2–4'])
  })

  it('flags spans that share all their ids and overlap', () => {
    const trace = traceOf([
      ['tool_call_start', 1, { id: 7 }],
      ['tool_call_start', 2, { id: '7' }],
      ['tool_call_end', 3, { id: 7 }],
      ['tool_call_end', 4, { id: 7 }],
    ])
    expect(draw(trace)).toEqual(['tool_call 1–4 [ambiguous]', 'tool_call 2–3 [ambiguous]'])
  })

  it('pairs an id that is used again after its first span ended', () => {
    const trace = traceOf([
      ['tool_call_start', 1, { id: '7' }],
      ['tool_call_end', 2, { id: '7' }],
      ['tool_call_start', 2, { id: '7' }],
      ['tool_call_end', 3, { id: '7' }],
    ])
    expect(draw(trace)).toEqual(['tool_call 1–2', 'tool_call 2–3'])
  })

  it('makes a span of zero length if the clock was set back between start and end', () => {
    const trace = traceOf([
      ['tool_call_start', 9, { span_id: 'a' }],
      ['tool_call_end', 5, { span_id: 'a' }],
    ])
    expect(draw(trace)).toEqual(['tool_call 9–9 [clock]'])
    expect(trace.marks).toEqual([])
  })

  it('pairs a start and an end of the same time in either order', () => {
    const trace = traceOf([
      ['decode_end', 5, { span_id: 'a' }],
      ['decode_start', 5, { span_id: 'a' }],
    ])
    expect(draw(trace)).toEqual(['decode 5–5'])
  })

  it('treats null and empty ids as absent', () => {
    const trace = traceOf([
      ['tool_call_start', 1, { ...grep, call_id: null }],
      ['tool_call_end', 2, { ...grep, call_id: '' }],
    ])
    expect(draw(trace)).toEqual(['tool_call grep 1–2'])
  })

  it('gives an end without its start a start without id, and flags it as ambiguous', () => {
    const trace = traceOf([
      ['tool_call_start', 1, grep],
      ['tool_call_end', 2, { ...grep, call_id: 'a' }],
    ])
    expect(draw(trace)).toEqual(['tool_call grep 1–2 [ambiguous]'])
  })

  it('takes a start back from an end without id when its own end arrives', () => {
    const events = [
      ['tool_call_start', 1, { call_id: 'a' }],
      ['tool_call_end', 2],
      ['tool_call_end', 3, { call_id: 'a' }],
    ] as const
    expect(draw(traceOf(events.slice(0, 2)))).toEqual(['tool_call 1–2'])
    const trace = traceOf(events)
    expect(draw(trace)).toEqual(['tool_call 1–3'])
    expect(trace.marks.map((mark) => [mark.kind, mark.timeS, mark.orphan])).toEqual([
      ['tool_call', 2, true],
    ])
  })
})

describe('pairing by scope', () => {
  it.each(HARD_KEYS)('does not pair a start with an end that differs on %s', (key) => {
    const [start, end] = [
      ['tool_call_start', 1, { [key]: 'a' }],
      ['tool_call_end', 2, { [key]: 'b' }],
    ] as const
    expect(traceOf([start, end]).spans[0]!.endS).toBeUndefined()
    expect(traceOf([start, ['tool_call_end', 2]]).spans[0]!.endS).toBe(2)
  })

  it.each([...HARD_KEYS, ...SOFT_KEYS])('prefers a start that agrees on %s', (key) => {
    const { spans } = traceOf([
      ['tool_call_start', 1, { [key]: 'a' }],
      ['tool_call_start', 2],
      ['tool_call_end', 3, { [key]: 'a' }],
    ])
    expect(spans.map(({ endS }) => endS)).toEqual([3, undefined])
  })

  it('prefers the start that differs on no hard key and agrees on most keys', () => {
    const trace = traceOf([
      ['tool_call_start', 1, grep],
      ['tool_call_start', 2, ls],
      ['tool_call_end', 3, grep],
      ['tool_call_end', 4, ls],
    ])
    expect(draw(trace)).toEqual(['tool_call grep 1–3', 'tool_call ls 2–4'])
  })

  it('pairs a requested with another served model', () => {
    const trace = traceOf([
      ['lm_inference_start', 1, { model: 'gpt' }],
      ['lm_inference_end', 2, { model: 'gpt-2026-01-01' }],
    ])
    expect(draw(trace)).toEqual(['lm_inference gpt-2026-01-01 1–2'])
    expect(trace.spans[0]!.startSubject).toBe('gpt')
  })

  it('flags all candidates of an end, also the one that stays open', () => {
    const trace = traceOf([
      ['tool_call_start', 1, grep],
      ['tool_call_start', 2, grep],
      ['tool_call_end', 3, grep],
    ])
    expect(draw(trace)).toEqual([
      'tool_call grep 1– [did-not-end ambiguous]',
      'tool_call grep 2–3 [ambiguous]',
    ])
  })

  it('flags the last closed span before an orphan end', () => {
    const trace = traceOf([
      ['tool_call_start', 1, ls],
      ['tool_call_end', 2, ls],
      ['tool_call_start', 3, grep],
      ['tool_call_end', 4, grep],
      ['tool_call_end', 5, grep],
    ])
    expect(draw(trace)).toEqual(['tool_call ls 1–2', 'tool_call grep 3–4 [ambiguous]'])
    expect(trace.marks[0]).toMatchObject({ orphan: true, timeS: 5, subject: 'grep' })
  })

  it('drops a start that did not end as a candidate when its parent ends', () => {
    const trace = traceOf([
      ['turn_start', 1, { turn_idx: 0 }],
      ['tool_call_start', 2, grep],
      ['turn_end', 3, { turn_idx: 0 }],
      ['turn_start', 4, { turn_idx: 1 }],
      ['tool_call_start', 5, grep],
      ['tool_call_end', 6, grep],
      ['turn_end', 7, { turn_idx: 1 }],
    ])
    expect(draw(trace)).toEqual([
      'turn 0 1–3',
      'tool_call grep 2– < turn 0 [did-not-end]',
      'turn 1 4–7',
      'tool_call grep 5–6 < turn 1',
    ])
    expect(trace.spans[1]!.fadeS).toBe(3)
  })

  it('drops descendants of an ended span, which fade at its end', () => {
    const trace = traceOf([
      ['agent_start', 1],
      ['turn_start', 2],
      ['tool_call_start', 3, grep],
      ['agent_end', 4],
      ['note', 9],
    ])
    expect(trace.spans.map(({ fadeS }) => fadeS)).toEqual([undefined, 4, 4])
  })
})

describe('a start without an end', () => {
  it('is open while its writer lives and did not end once the writer is closed', () => {
    const trace = traceOf(
      [
        ['agent_start', 1],
        ['tool_call_start', 2, grep],
      ],
      { live: true },
    )
    expect(draw(trace)).toEqual(['agent 1– [open]', 'tool_call grep 2– < agent [open]'])
    expect(trace.spans[0]!.fadeS).toBeUndefined()
    trace.setWriter(0, 'lost')
    expect(trace.flush().spanSlots).toHaveLength(2)
    expect(draw(trace)).toEqual([
      'agent 1– [did-not-end]',
      'tool_call grep 2– < agent [did-not-end]',
    ])
    expect(trace.spans[0]!.fadeS).toBe(2)
  })

  it('fades at the last event of its own writer', () => {
    const trace = new Trace()
    trace.add({ event_type: 'agent_start', timestamp: 1, metadata: {} }, 0, 0)
    trace.add({ event_type: 'note', timestamp: 9, metadata: {} }, 1, 1)
    trace.setWriter(0, 'lost')
    trace.flush()
    expect(trace.spans[0]!.fadeS).toBe(1)
  })

  it('is reported as changed when a closed writer writes again', () => {
    const trace = new Trace()
    trace.add({ event_type: 'agent_start', timestamp: 1, metadata: {} }, 0)
    trace.setWriter(0, 'closed')
    trace.flush()
    trace.add({ event_type: 'note', timestamp: 5, metadata: {} }, 1)
    expect([...trace.flush().spanSlots]).toEqual([0])
    expect(trace.spans[0]!.fadeS).toBe(5)
  })

  it('is reported as changed when its parent ends, and fades there', () => {
    const trace = new Trace()
    trace.add({ event_type: 'agent_start', timestamp: 1, metadata: { span_id: 'a' } }, 0)
    const child = { span_id: 'b', parent_id: 'a' }
    trace.add({ event_type: 'turn_start', timestamp: 2, metadata: child }, 1)
    trace.setWriter(0, 'closed')
    trace.flush()
    trace.add({ event_type: 'agent_end', timestamp: 5, metadata: { span_id: 'a' } }, 2, 1)
    const changed = [...trace.flush().spanSlots]
    expect(changed.map((slot) => [slot, trace.spans[slot]!.fadeS])).toEqual([
      [0, undefined],
      [1, 5],
    ])
  })
})

describe('parents', () => {
  it('are chosen at the start by rank, then by agreeing keys, then by recency', () => {
    const trace = traceOf([
      ['agent_start', 1, { agent_name: 'a', task_id: 't1' }],
      ['agent_start', 2, { agent_name: 'b', task_id: 't2' }],
      ['turn_start', 3, { turn_idx: 0, task_id: 't1' }],
      ['lm_inference_start', 4, { model: 'm', task_id: 't1' }],
      ['prefill_start', 5, { task_id: 't1' }],
      ['tool_call_start', 6, { tool: 'ls', task_id: 't2' }],
    ])
    expect(draw(trace).map((line) => line.replace(/ \[.*/, ''))).toEqual([
      'agent a 1–',
      'agent b 2–',
      'turn 0 3– < agent a',
      'lm_inference m 4– < turn 0',
      'prefill 5– < lm_inference m',
      'tool_call ls 6– < agent b',
    ])
  })

  it('are uncertain if two candidates agree on as many keys', () => {
    const trace = traceOf([
      ['agent_start', 1],
      ['agent_start', 2],
      ['turn_start', 3],
    ])
    expect(draw(trace).at(-1)).toBe('turn 3– < agent [did-not-end parent?]')
  })

  it('can be named before they start, in time and in the log', () => {
    const trace = traceOf([
      ['tool_call_start', 2, { span_id: 'child', parent_span_id: 'root' }],
      ['tool_call_end', 4, { span_id: 'child' }],
      ['agent_start', 3, { span_id: 'root', agent_name: 'a' }],
      ['agent_end', 5, { span_id: 'root' }],
    ])
    expect(draw(trace)).toEqual(['tool_call 2–4 < agent a', 'agent a 3–5'])
    expect(trace.spans[0]!.agent).toBe('a')
  })

  it('never form a cycle', () => {
    const trace = traceOf([
      ['agent_start', 1, { span_id: 'a', parent_id: 'c' }],
      ['agent_start', 2, { span_id: 'b', parent_id: 'a' }],
      ['agent_start', 3, { span_id: 'c', parent_id: 'b' }],
      ['agent_start', 4, { span_id: 'd', parent_id: 'd' }],
    ])
    expect(trace.spans.map((span) => span.parent?.slot)).toEqual([2, 0, undefined, undefined])
  })

  it('never form a cycle through an inferred parent', () => {
    const trace = traceOf([
      ['agent_start', 1, { span_id: 'a', parent_id: 'b' }],
      ['tool_call_start', 2, { span_id: 'b' }],
      ['tool_call_end', 3, { span_id: 'b' }],
      ['agent_end', 4, { span_id: 'a' }],
    ])
    expect(trace.spans.map((span) => span.parent?.slot)).toEqual([1, undefined])
  })

  it('stay the same when the parent ends before the child', () => {
    const trace = traceOf([
      ['agent_start', 1, { span_id: 'a' }],
      ['tool_call_start', 2, { span_id: 'b', parent_id: 'a' }],
      ['agent_end', 3, { span_id: 'a' }],
      ['tool_call_end', 4, { span_id: 'b' }],
    ])
    expect(draw(trace)).toEqual(['agent 1–3', 'tool_call 2–4 < agent'])
  })
})

describe('spans', () => {
  it('are complete, whichever was read first', () => {
    const trace = new Trace()
    const add = (type: string, timestamp: number, position: number) =>
      trace.add({ event_type: type, timestamp, metadata: {} }, position)
    add('tool_call_start', 1, 0)
    add('turn_start', 2, 1)
    add('tool_call_start', 3, 2)
    trace.flush()
    const last = trace.spanView()
    last.slot = 2
    expect(last.parent!.slot).toBe(1)
    add('turn_start', 4, 3)
    expect([...trace.flush().spanSlots]).toEqual([3])
    expect(trace.spans.map(({ slot }) => slot)).toEqual([0, 1, 2, 3])
  })
})

describe('errors', () => {
  it.each([
    [{ success: false }, 'failed'],
    [{ error: 'no such file' }, 'no such file'],
    [{ error: { message: 'timeout', code: 7 } }, 'timeout'],
    [{ status: 'error' }, 'failed'],
    [{ status: 'failed', error_type: 'RateLimit' }, 'RateLimit'],
  ])('are read from an end with %j', (metadata, text) => {
    const [span] = traceOf([
      ['tool_call_start', 1],
      ['tool_call_end', 2, metadata],
    ]).spans
    expect(span!.errorAtS).toBe(2)
    expect(span!.error ?? 'failed').toBe(text === 'failed' ? 'failed' : text)
  })

  it.each([{ error: '' }, { error: null }, { success: true, status: 'ok' }, { error: [] }])(
    'are not read from %j',
    (metadata) => {
      const [span] = traceOf([
        ['tool_call_start', 1],
        ['tool_call_end', 2, metadata],
      ]).spans
      expect(span!.errorAtS).toBeUndefined()
    },
  )

  it('are taken from an error_classified point with the span’s id', () => {
    const [span] = traceOf([
      ['tool_call_start', 1, { call_id: 'a' }],
      ['error_classified', 2, { call_id: 'a', error: 'boom', fatal: true }],
      ['tool_call_end', 3, { call_id: 'a' }],
    ]).spans
    expect(span).toMatchObject({ errorAtS: 2, error: 'boom' })
  })
})

describe('metadata keys', () => {
  it('can have any name, such as those of Object.prototype', () => {
    const metadata = JSON.parse('{"__proto__": {"tool": "evil"}, "constructor": "x", "id": "1"}')
    const trace = traceOf([
      ['__proto___start', 1, metadata],
      ['__proto___end', 2, metadata],
      ['constructor', 3, { toString: 'x' }],
    ])
    expect(draw(trace)).toEqual(['__proto__ 1–2'])
    expect(trace.marks).toHaveLength(1)
  })
})
