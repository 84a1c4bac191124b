/**
 * Runs of any size as patches of the worker, for benchmarks and tests: eight agents with turns of a
 * model call with two phases and four tool calls, of which one in forty fails.
 */
import { SpanFlag } from '@wattline/trace'
import { emptyMarkPatch, emptySpanPatch } from '../../model/patch.ts'
import type { SpanPatch, TracePatch } from '../../model/patch.ts'

const AGENTS = 8
const SPANS_PER_TURN = 8
const KINDS = ['turn', 'lm_inference', 'prefill', 'decode', 'tool_call'] as const
const SUBJECTS = ['Qwen/Qwen3-8B', 'web_search', 'read_file', 'run_tests', 'grep', 'sql_query']
const TURN_S = 4
/** The spans of a turn; `at` and `length` are shares of the turn. */
const SHAPE = [
  { kind: 0, row: 0, at: 0, length: 0.97, parent: 0 },
  { kind: 1, row: 1, at: 0.01, length: 0.4, parent: 0 },
  { kind: 2, row: 2, at: 0.01, length: 0.1, parent: 1 },
  { kind: 3, row: 2, at: 0.11, length: 0.3, parent: 1 },
  { kind: 4, row: 1, at: 0.42, length: 0.08, parent: 0 },
  { kind: 4, row: 1, at: 0.51, length: 0.12, parent: 0 },
  { kind: 4, row: 1, at: 0.65, length: 0.02, parent: 0 },
  { kind: 4, row: 1, at: 0.7, length: 0.2, parent: 0 },
] as const

/**
 * Generates `count` spans in patches of `patchSpans`, nearly in the order of their starts.
 *
 * @param originS start of the run, Unix seconds
 */
export function* bigRun(
  count: number,
  patchSpans: number,
  originS = 1.8e9,
): Generator<TracePatch, void> {
  for (let from = 0; from < count; from += patchSpans) {
    const spans = emptySpanPatch(Math.min(patchSpans, count - from))
    let lastS = originS
    for (let i = 0; i < spans.slots.length; i++) {
      writeSpan(spans, i, from + i, originS)
      lastS = Math.max(lastS, spans.endS[i]!)
    }
    yield {
      spans,
      marks: emptyMarkPatch(0),
      relayout: false,
      kinds: from === 0 ? KINDS : [],
      strings: from === 0 ? SUBJECTS : [],
      groups: from === 0 ? GROUPS : undefined,
      firstS: originS,
      lastS,
    }
  }
}

const GROUPS = Array.from({ length: AGENTS }, (_, agent) => ({ label: `agent ${agent}`, rows: 3 }))

function writeSpan(patch: SpanPatch, i: number, slot: number, originS: number): void {
  const turn = Math.floor(slot / SPANS_PER_TURN)
  const part = slot % SPANS_PER_TURN
  const agent = turn % AGENTS
  const { kind, row, at, length, parent } = SHAPE[part] as (typeof SHAPE)[number]
  const startS = originS + (Math.floor(turn / AGENTS) + agent / AGENTS + at) * TURN_S
  const noise = noiseOf(slot)
  const endS = startS + length * TURN_S * (0.5 + noise / 2)
  const isModel = kind === 1
  const failed = kind === 4 && noise < 1 / 40
  const subject = kind === 0 ? -1 : kind === 4 ? 1 + (slot % (SUBJECTS.length - 1)) : 0
  patch.slots[i] = slot
  patch.startS[i] = startS
  patch.endS[i] = endS
  patch.fadeS[i] = NaN
  patch.kind[i] = kind
  patch.subject[i] = subject
  patch.startSubject[i] = subject
  patch.group[i] = agent
  patch.row[i] = row
  patch.parent[i] = part === 0 ? -1 : slot - part + parent
  patch.flags[i] = failed ? SpanFlag.ERROR : 0
  patch.ambiguousAtS[i] = NaN
  patch.errorAtS[i] = failed ? endS : NaN
  patch.tokens[i] = isModel ? Math.round(200 + noise * 3000) : NaN
  patch.costUsd[i] = isModel ? noise / 100 : NaN
}

/** Repeatable noise in [0, 1) by slot. */
function noiseOf(slot: number): number {
  let mixed = Math.imul(slot ^ (slot >>> 16), 0x45d9f3b)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296
}
