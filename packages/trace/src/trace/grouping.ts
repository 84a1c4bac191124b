/**
 * The group of a span or mark under a key: its own value, else that of its nearest ancestor. A
 * span's own value is that of its start, so that a bar does not change its row when it ends. The page
 * and `wattline spans --group` use this rule.
 */
import { MODEL_KEYS, scopeKeyIndex, TOOL_KEYS } from '../row/metadata-keys.ts'
import type { Mark, Span } from './span.ts'

/** Group keys that every log has, in the order in which they are offered. */
export const BUILT_IN_GROUP_KEYS: readonly string[] = ['agent', 'kind', 'tool', 'model']

/** Metadata keys that one group key stands for; the first that has a value counts. */
const ALIASES = new Map<string, readonly string[]>([
  ['tool', TOOL_KEYS],
  ['model', MODEL_KEYS],
])

/** A span's or mark's own value of one metadata key, as text. */
export type OwnValue = (item: Span | Mark) => string | undefined

/** Whether a trace stores the values of a group key. If not, `groupUnder` needs them. */
export function isKeptInTrace(key: string): boolean {
  return key === 'agent' || key === 'kind' || ALIASES.has(key) || scopeKeyIndex(key) >= 0
}

/**
 * Returns the function that finds the group of a span or mark; undefined = none.
 *
 * @param ownValue the values of a key that is not kept in the trace, see {@link isKeptInTrace}
 */
export function groupUnder(key: string, ownValue?: OwnValue): OwnValue {
  // The trace itself passes an agent on from parent to child; a kind is not inherited.
  if (key === 'agent') return (item) => item.agent
  if (key === 'kind') return (item) => item.kind
  if (!isKeptInTrace(key)) return inherited(ownValue ?? (() => undefined))
  const indexes = (ALIASES.get(key) ?? [key]).map(scopeKeyIndex)
  return inherited((item) => {
    for (const index of indexes) {
      const value = item.scopeText(index)
      if (value !== undefined) return value
    }
    return undefined
  })
}

function inherited(ownValue: OwnValue): OwnValue {
  return (item) => {
    const own = ownValue(item)
    if (own !== undefined) return own
    for (let span = item.parent; span !== undefined; span = span.parent) {
      const value = ownValue(span)
      if (value !== undefined) return value
    }
    return undefined
  }
}
