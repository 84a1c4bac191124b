/**
 * Columns for tests, written as short records and changed by patches as in the page.
 *
 * @example
 * const trace = new SyntheticTrace()
 * trace.add([{ kind: 'turn', startS: 0, endS: 9 }, { kind: 'tool_call', startS: 1, row: 1 }])
 * trace.change(1, { endS: 4 })
 */
import { SpanFlag } from '@wattline/trace'
import type { TraceGroup } from '../../model/patch.ts'
import { ColumnStore } from '../../model/columns.ts'
import type { MarkPatch, SpanPatch } from '../../model/patch.ts'

export interface SyntheticSpan {
  readonly kind: string
  readonly startS: number
  /** Undefined = open, or did not end if `fadeS` is given. */
  readonly endS?: number | undefined
  readonly fadeS?: number
  readonly subject?: string
  readonly group?: string
  readonly row?: number
  /** Slot. */
  readonly parent?: number
  readonly flags?: number
  readonly errorAtS?: number
  readonly ambiguousAtS?: number
  readonly tokens?: number
  readonly costUsd?: number
}

export interface SyntheticMark {
  readonly kind: string
  readonly timeS: number
  readonly subject?: string
  readonly group?: string
  readonly row?: number
  readonly parent?: number
  readonly flags?: number
}

export class SyntheticTrace {
  readonly columns = new ColumnStore()
  readonly #spans: SyntheticSpan[] = []
  readonly #marks: SyntheticMark[] = []
  readonly #kinds = new Map<string, number>()
  readonly #strings = new Map<string, number>()
  readonly #groups: { label: string; rows: number }[] = []
  #firstS = NaN
  #lastS = NaN

  add(spans: readonly SyntheticSpan[], marks: readonly SyntheticMark[] = []): this {
    const spanSlots = spans.map((span) => this.#spans.push(span) - 1)
    const markSlots = marks.map((mark) => this.#marks.push(mark) - 1)
    return this.#patch(spanSlots, markSlots)
  }

  /** Changes a span, for example by its end or an error. */
  change(slot: number, changes: Partial<SyntheticSpan>): this {
    this.#spans[slot] = { ...(this.#spans[slot] as SyntheticSpan), ...changes }
    return this.#patch([slot], [])
  }

  #patch(spanSlots: readonly number[], markSlots: readonly number[]): this {
    const before = { kinds: this.#kinds.size, strings: this.#strings.size }
    const spans = this.#spanPatch(spanSlots)
    const marks = this.#markPatch(markSlots)
    const groups: readonly TraceGroup[] = this.#groups.map((group) => ({ ...group }))
    this.columns.apply({
      spans,
      marks,
      relayout: false,
      kinds: [...this.#kinds.keys()].slice(before.kinds),
      strings: [...this.#strings.keys()].slice(before.strings),
      groups,
      firstS: this.#firstS,
      lastS: this.#lastS,
    })
    return this
  }

  #spanPatch(slots: readonly number[]): SpanPatch {
    const spans = slots.map((slot) => this.#spans[slot] as SyntheticSpan)
    for (const span of spans) this.#extend(span.startS, span.endS ?? span.startS)
    const floats = (of: (span: SyntheticSpan) => number | undefined) =>
      Float64Array.from(spans, (span) => of(span) ?? NaN)
    const subject = Int32Array.from(spans, (span) => this.#stringOf(span.subject))
    return {
      slots: Int32Array.from(slots),
      startS: floats((span) => span.startS),
      endS: floats((span) => span.endS),
      fadeS: floats((span) => span.fadeS),
      kind: Int32Array.from(spans, (span) => idOf(this.#kinds, span.kind)),
      subject,
      startSubject: subject.slice(),
      group: Int32Array.from(spans, (span) => this.#groupOf(span.group, span.row)),
      row: Int32Array.from(spans, (span) => span.row ?? 0),
      parent: Int32Array.from(spans, (span) => span.parent ?? -1),
      flags: Uint8Array.from(spans, flagsOf),
      ambiguousAtS: floats((span) =>
        (span.flags ?? 0) & SpanFlag.AMBIGUOUS ? (span.ambiguousAtS ?? span.startS) : undefined,
      ),
      errorAtS: floats((span) => span.errorAtS),
      tokens: floats((span) => span.tokens),
      costUsd: floats((span) => span.costUsd),
    }
  }

  #markPatch(slots: readonly number[]): MarkPatch {
    const marks = slots.map((slot) => this.#marks[slot] as SyntheticMark)
    for (const mark of marks) this.#extend(mark.timeS, mark.timeS)
    return {
      slots: Int32Array.from(slots),
      timeS: Float64Array.from(marks, (mark) => mark.timeS),
      kind: Int32Array.from(marks, (mark) => idOf(this.#kinds, mark.kind)),
      subject: Int32Array.from(marks, (mark) => this.#stringOf(mark.subject)),
      group: Int32Array.from(marks, (mark) => this.#groupOf(mark.group, mark.row)),
      row: Int32Array.from(marks, (mark) => mark.row ?? 0),
      parent: Int32Array.from(marks, (mark) => mark.parent ?? -1),
      flags: Uint8Array.from(marks, (mark) => mark.flags ?? 0),
      position: Float64Array.from(marks, (mark) => mark.timeS),
    }
  }

  #extend(startS: number, endS: number): void {
    if (!(startS >= this.#firstS)) this.#firstS = startS
    if (!(endS <= this.#lastS)) this.#lastS = Math.max(endS, startS)
  }

  #stringOf(text: string | undefined): number {
    return text === undefined ? -1 : idOf(this.#strings, text)
  }

  #groupOf(label = 'agent', row = 0): number {
    let at = this.#groups.findIndex((group) => group.label === label)
    if (at < 0) at = this.#groups.push({ label, rows: 0 }) - 1
    const group = this.#groups[at]
    if (group !== undefined) group.rows = Math.max(group.rows, row + 1)
    return at
  }
}

function idOf(ids: Map<string, number>, text: string): number {
  const known = ids.get(text)
  if (known !== undefined) return known
  ids.set(text, ids.size)
  return ids.size - 1
}

function flagsOf(span: SyntheticSpan): number {
  let flags = span.flags ?? 0
  if (span.errorAtS !== undefined) flags |= SpanFlag.ERROR
  if (span.endS === undefined) {
    flags |= span.fadeS === undefined ? SpanFlag.OPEN : SpanFlag.DID_NOT_END
  }
  return flags
}

/** Repeatable random numbers in [0, 1) (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const AGENTS = ['planner', 'coder', 'critic', 'researcher'] as const
const MODELS = ['Qwen/Qwen3-8B', "OpenAIChat(id='gpt-5-mini', name='OpenAIChat')", 'llama-3.3-70b']
const TOOLS = ['web_search', 'read_file', 'run_tests', 'grep', 'write_file', 'sql_query']

/**
 * A realistic run of `count` spans: four agents with turns of a model call with two phases and a few
 * tool calls, of which one in `errorEvery` fails.
 *
 * @param originS start of the run, Unix seconds
 */
export function syntheticRun(count: number, originS = 1.8e9, errorEvery = 40): SyntheticTrace {
  const random = seededRandom(count)
  const spans: SyntheticSpan[] = []
  const clocksS: number[] = AGENTS.map((_, agent) => originS + agent * 0.4)
  for (let turn = 0; spans.length < count; turn++) {
    const agent = turn % AGENTS.length
    clocksS[agent] = addTurn(spans, count, agent, turn, clocksS[agent]!, random, errorEvery)
  }
  return new SyntheticTrace().add(spans)
}

function addTurn(
  spans: SyntheticSpan[],
  count: number,
  agent: number,
  turn: number,
  fromS: number,
  random: () => number,
  errorEvery: number,
): number {
  const group = AGENTS[agent] as string
  const turnSlot = spans.length
  let timeS = fromS + 0.01
  const inner: SyntheticSpan[] = []
  const modelS = 0.3 + random() * 2.2
  const prefillS = modelS * (0.1 + random() * 0.2)
  const subject = MODELS[turn % MODELS.length] as string
  const tokens = Math.round(200 + random() * 3000)
  const modelSlot = turnSlot + 1
  inner.push(
    { kind: 'lm_inference', startS: timeS, endS: timeS + modelS, subject, tokens, row: 1 },
    { kind: 'prefill', startS: timeS, endS: timeS + prefillS, subject, row: 2, parent: modelSlot },
    {
      kind: 'decode',
      startS: timeS + prefillS,
      endS: timeS + modelS,
      subject,
      row: 2,
      parent: modelSlot,
    },
  )
  timeS += modelS + 0.02
  const tools = 1 + Math.floor(random() * 3)
  for (let tool = 0; tool < tools; tool++) {
    const endS = timeS + 0.05 + random() ** 3 * 2.5
    const failed = random() < 1 / errorEvery
    inner.push({
      kind: 'tool_call',
      startS: timeS,
      endS,
      subject: TOOLS[Math.floor(random() * TOOLS.length)] as string,
      row: 1,
      ...(failed ? { errorAtS: endS } : {}),
    })
    timeS = endS + 0.01 + random() * 0.2
  }
  spans.push({ kind: 'turn', startS: fromS, endS: timeS, subject: `${turn}`, group, row: 0 })
  for (const span of inner) {
    if (spans.length < count) spans.push({ parent: turnSlot, ...span, group })
  }
  return timeS + random() * 0.5
}
