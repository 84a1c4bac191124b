/**
 * What a span or mark is grouped under: its value of a key, else its nearest ancestor's. Agent and
 * kind the trace knows; so it does the keys that pairing looks at (tool, model, task_id, thread …).
 * Of any other key it keeps nothing: {@link KeyValues} holds the values of the one that is picked,
 * filled while the log is read, or by reading it again.
 */
import { scopeKeyIndex, type Interner, type Mark, type Span } from '@wattline/trace'

const KEYS_OF: ReadonlyMap<string, readonly string[]> = new Map([
  ['tool', ['tool', 'tool_name']],
  ['model', ['model_alias', 'model_id', 'model']],
])

/** With more values than this a key names its spans, not groups of them: the rest is one group. */
const MAX_VALUES = 500

type Item = Span | Mark

/** Whether the values of a key have to be noted while the log is read. */
export function mustBeNoted(key: string): boolean {
  return key !== 'agent' && key !== 'kind' && scopeKeyIndex(key) < 0
}

/** The values of one key that pairing has no use for, by slot of the start or position of the point. */
export class KeyValues {
  readonly key: string
  readonly #texts: Interner
  #ofSpan = new Int32Array(256)
  readonly #ofPoint = new Map<number, number>()

  /** Values are numbered by `texts`; 0 = none. */
  constructor(key: string, texts: Interner) {
    this.key = key
    this.#texts = texts
  }

  setSpan(slot: number, value: number): void {
    if (value === 0) return
    if (slot >= this.#ofSpan.length) {
      const larger = new Int32Array(Math.max(slot + 1, this.#ofSpan.length * 2))
      larger.set(this.#ofSpan)
      this.#ofSpan = larger
    }
    this.#ofSpan[slot] = value
  }

  setPoint(position: number, value: number): void {
    if (value !== 0) this.#ofPoint.set(position, value)
  }

  of(item: Item): string | undefined {
    const value = 'startS' in item ? this.#ofSpan[item.slot] : this.#ofPoint.get(item.position)
    return value === undefined || value === 0 ? undefined : this.#texts.text(value)
  }
}

/** A span's or mark's value under `key`; `noted` holds those of a key that must be noted. */
export function valueUnder(
  key: string,
  noted: KeyValues | undefined,
): (item: Item) => string | undefined {
  if (key === 'agent') return (item) => item.agent
  if (key === 'kind') return (item) => item.kind
  if (noted?.key === key) return (item) => inherited(item, (one) => noted.of(one))
  const indexes = (KEYS_OF.get(key) ?? [key]).map(scopeKeyIndex).filter((index) => index >= 0)
  return (item) => {
    for (const index of indexes) {
      const value = inherited(item, (one) => one.scopeText(index))
      if (value !== undefined) return value
    }
    return undefined
  }
}

/** Names a span's or mark's group; those without a value are gathered in one. */
export function groupUnder(key: string, noted: KeyValues | undefined): (item: Item) => string {
  const valueOf = valueUnder(key, noted)
  const values = new Set<string>()
  return (item) => {
    const value = valueOf(item)
    if (value === undefined) return `no ${key}`
    if (!values.has(value)) {
      if (values.size >= MAX_VALUES) return `other ${key}`
      values.add(value)
    }
    return value
  }
}

function inherited(item: Item, ownOf: (item: Item) => string | undefined): string | undefined {
  const own = ownOf(item)
  if (own !== undefined) return own
  for (let up = item.parent; up !== undefined; up = up.parent) {
    const value = ownOf(up)
    if (value !== undefined) return value
  }
  return undefined
}
