import { describe, expect, it } from 'vitest'
import { quantile, summarize } from './stats.ts'
import { traceOf } from '../testing/draw.ts'
import { fixtureEvents } from '../testing/fixtures.ts'
import { markRecord, spanRecord } from './span-record.ts'

const usage = (input?: number, output?: number, total?: number) => ({
  ...(input === undefined ? {} : { prompt_tokens: input }),
  ...(output === undefined ? {} : { completion_tokens: output }),
  ...(total === undefined ? {} : { total_tokens: total }),
})

describe('summarize', () => {
  it('counts tokens and cost only if no descendant has them', () => {
    const { tokens, costUsd, kinds } = summarize(
      traceOf([
        ['agent_start', 1],
        ['lm_inference_start', 2],
        ['lm_inference_end', 3, { ...usage(10, 5, 15), cost_usd: 0.25 }],
        ['lm_inference_start', 4],
        ['lm_inference_end', 5, { ...usage(20, 5), cost_usd: 0.5 }],
        ['agent_end', 6, { ...usage(undefined, undefined, 99), cost_usd: 0.8 }],
      ]),
    )
    expect(tokens).toMatchObject({ input: 30, output: 10, total: 40 })
    expect(costUsd).toBe(0.75)
    expect(kinds.map(({ kind, tokens: ofKind }) => [kind, ofKind])).toEqual([
      ['lm_inference', 40],
      ['agent', undefined],
    ])
  })

  it('counts the part of a call that its children do not have', () => {
    const { tokens } = summarize(
      traceOf([
        ['lm_inference_start', 1],
        ['decode_start', 2],
        ['decode_end', 3, usage(undefined, 7)],
        ['lm_inference_end', 4, usage(100, 7, 107)],
      ]),
    )
    expect(tokens).toMatchObject({ input: 100, output: 7, total: 107 })
  })

  it('does not count unknown parts of tokens as 0', () => {
    const tokensOf = (...ends: ReturnType<typeof usage>[]) =>
      summarize(
        traceOf(
          ends.flatMap((metadata, at) => [
            ['lm_inference_start', at, {}] as const,
            ['lm_inference_end', at + 0.5, metadata] as const,
          ]),
        ),
      ).tokens
    const total = usage(undefined, undefined, 9)
    expect(tokensOf(total)).toMatchObject({ input: undefined, output: undefined, total: 9 })
    expect(tokensOf(total, usage(4))).toMatchObject({ input: 4, output: undefined, total: 13 })
  })

  it('has no total of durations if none is known', () => {
    const { kinds } = summarize(traceOf([['tool_call_start', 1]]))
    expect(kinds[0]).toMatchObject({ ended: 0, totalMs: undefined })
  })

  it('has durations of ended spans only', () => {
    const { kinds } = summarize(
      traceOf([
        ['tool_call_start', 1, { call_id: 'a' }],
        ['tool_call_start', 2, { call_id: 'b' }],
        ['tool_call_end', 3, { call_id: 'a', error: 'no' }],
      ]),
    )
    expect(kinds).toEqual([
      expect.objectContaining({ count: 2, ended: 1, errors: 1, p50Ms: 2000, p99Ms: 2000 }),
    ])
  })

  it('has no tokens and cost if the log has none', () => {
    const summary = summarize(traceOf([]))
    expect(summary).toMatchObject({
      spans: 0,
      tokens: undefined,
      costUsd: undefined,
      durationS: undefined,
    })
  })

  it('agrees with the totals of a recorded run', () => {
    const events = fixtureEvents('react_single.jsonl')
    const totals = events
      .filter(({ event_type }) => ['lm_inference_end', 'submodel_call_end'].includes(event_type))
      .map((event) => Number(event.metadata['total_tokens']))
    const trace = traceOf(
      events.map((event) => [event.event_type, event.timestamp, event.metadata] as const),
    )
    expect(summarize(trace).tokens?.total).toBe(totals.reduce((sum, count) => sum + count, 0))
  })
})

describe('quantile', () => {
  it('is linear between the closest ranks', () => {
    expect(quantile([], 0.5)).toBeUndefined()
    expect(quantile([7], 0.99)).toBe(7)
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
    expect(quantile([0, 10], 0.95)).toBe(9.5)
  })
})

describe('records', () => {
  it('contain null for unknown values', () => {
    const trace = traceOf([['tool_call_start', 1, { tool: 'ls' }]])
    expect(spanRecord(trace.spans[0]!, { tool: 'ls' }, undefined, undefined, undefined)).toEqual({
      kind: 'tool_call',
      subject: 'ls',
      start: 1,
      end: null,
      durationMs: null,
      id: '0',
      logId: null,
      parent: null,
      group: null,
      flags: ['did-not-end'],
      error: null,
      tokens: null,
      inputTokens: null,
      outputTokens: null,
      cacheReadTokens: null,
      cacheCreationTokens: null,
      cacheCreation1hTokens: null,
      reasoningTokens: null,
      timeToFirstTokenMs: null,
      cost: null,
      costSource: null,
      metadata: { tool: 'ls' },
    })
  })

  it('merge the metadata of start and end, and name errors without text', () => {
    const trace = traceOf([
      ['tool_call_start', 1, { tool: 'ls', path: '/' }],
      ['tool_call_end', 2, { tool: 'ls', success: false }],
      ['tool_call_end', 3, { tool: 'ls' }],
    ])
    const record = spanRecord(
      trace.spans[0]!,
      { tool: 'ls', path: '/' },
      { success: false },
      'ls',
      undefined,
    )
    expect(record).toMatchObject({
      group: 'ls',
      error: 'failed',
      durationMs: 1000,
      metadata: { tool: 'ls', path: '/', success: false },
    })
    expect(markRecord(trace.marks[0]!, {}, undefined)).toMatchObject({
      start: null,
      end: 3,
      flags: ['orphan'],
    })
  })
})
