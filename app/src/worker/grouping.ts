/**
 * What spans can be grouped by: agent, kind, tool, model, and any metadata key of a start that has
 * few enough values to be a group. A key whose values are as many as its spans (an id) is dropped.
 *
 * A span's slot is the number of starts before its own, so the values of a key are one column.
 */
import {
  splitEventType,
  type AgentEvent,
  type JsonValue,
  type Mark,
  type Span,
} from '@wattline/trace'

/** Always offered, first. */
const BUILT_IN_KEYS = ['agent', 'kind', 'tool', 'model'] as const

const MODEL_KEYS = ['model_alias', 'model_id', 'model'] as const
const TOOL_KEYS = ['tool', 'tool_name'] as const

const MAX_KEYS = 48
const MAX_VALUES = 500
const MAX_VALUE_CHARS = 120

/** The values of one key, by slot of the start and by position of the point. */
class KeyValues {
  #ids: number[] = []
  readonly #points = new Map<number, number>()
  readonly #values: string[] = []
  readonly #idOf = new Map<string, number>()

  get valueCount(): number {
    return this.#values.length
  }

  setSpan(slot: number, value: string): void {
    this.#ids[slot] = this.#intern(value)
  }

  setPoint(position: number, value: string): void {
    this.#points.set(position, this.#intern(value))
  }

  ofSpan(slot: number): string | undefined {
    return this.#value(this.#ids[slot])
  }

  ofPoint(position: number): string | undefined {
    return this.#value(this.#points.get(position))
  }

  #value(id: number | undefined): string | undefined {
    return id === undefined ? undefined : this.#values[id]
  }

  #intern(value: string): number {
    let id = this.#idOf.get(value)
    if (id === undefined) {
      id = this.#values.push(value) - 1
      this.#idOf.set(value, id)
    }
    return id
  }
}

export class Grouping {
  readonly #keys = new Map<string, KeyValues>()
  readonly #dropped = new Set<string>()
  #startCount = 0

  /** Notes an event's metadata; to be called for each event, in the order of the log. */
  note(event: AgentEvent, position: number): void {
    const { phase } = splitEventType(event.event_type)
    if (phase === 'end') return
    const slot = phase === 'start' ? this.#startCount++ : undefined
    for (const key of Object.keys(event.metadata)) {
      const value = groupValue(event.metadata[key])
      const values = value === undefined ? undefined : this.#valuesOf(key)
      if (value === undefined || values === undefined) continue
      if (slot === undefined) values.setPoint(position, value)
      else values.setSpan(slot, value)
    }
  }

  /** Keys that can be picked: the built-in ones, then those of the metadata by name. */
  keys(): string[] {
    const builtIn: readonly string[] = BUILT_IN_KEYS
    const found = [...this.#keys.keys()].filter((key) => !builtIn.includes(key))
    return [...builtIn, ...found.sort()]
  }

  /** Names a span's or mark's group under `key`; what has none is gathered in one. */
  groupOf(key: string): (item: Span | Mark) => string {
    const valueOf = this.valueOf(key)
    const none = `no ${key}`
    return (item) => valueOf(item) ?? none
  }

  /** A span's or mark's value under `key`: its own, else its nearest ancestor's. */
  valueOf(key: string): (item: Span | Mark) => string | undefined {
    switch (key) {
      case 'agent':
        return (item) => item.agent
      case 'kind':
        return (item) => item.kind
      case 'tool':
        return (item) => this.#first(item, TOOL_KEYS)
      case 'model':
        return (item) => this.#first(item, MODEL_KEYS)
      default:
        return (item) => this.#inherited(item, key)
    }
  }

  #valuesOf(key: string): KeyValues | undefined {
    if (this.#dropped.has(key)) return undefined
    let values = this.#keys.get(key)
    if (values === undefined) {
      if (this.#keys.size >= MAX_KEYS) return undefined
      values = new KeyValues()
      this.#keys.set(key, values)
    } else if (values.valueCount > MAX_VALUES) {
      this.#keys.delete(key)
      this.#dropped.add(key)
      return undefined
    }
    return values
  }

  #first(item: Span | Mark, keys: readonly string[]): string | undefined {
    for (const key of keys) {
      const value = this.#inherited(item, key)
      if (value !== undefined) return value
    }
    return undefined
  }

  /** Its own value, else its nearest ancestor's. */
  #inherited(item: Span | Mark, key: string): string | undefined {
    const values = this.#keys.get(key)
    if (values === undefined) return undefined
    const own = 'startS' in item ? values.ofSpan(item.slot) : values.ofPoint(item.position)
    if (own !== undefined) return own
    for (let up = item.parent; up !== undefined; up = up.parent) {
      const value = values.ofSpan(up.slot)
      if (value !== undefined) return value
    }
    return undefined
  }
}

function groupValue(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string' || value === '' || value.length > MAX_VALUE_CHARS) return undefined
  return value
}
