/** A JSON value as a tree. Strings are shown as text, never as markup or links. */
import { showHidden } from '@wattline/trace'
import type { JsonValue } from '@wattline/trace'
import { JsonView } from 'react-json-view-lite'

const STYLE = {
  container: 'json',
  basicChildStyle: 'json-child',
  label: 'json-label',
  clickableLabel: 'json-label clickable',
  nullValue: 'json-null',
  undefinedValue: 'json-null',
  numberValue: 'json-number',
  stringValue: 'json-string',
  booleanValue: 'json-boolean',
  otherValue: 'json-null',
  punctuation: 'json-punctuation',
  expandIcon: 'json-icon closed',
  collapseIcon: 'json-icon open',
  collapsedContent: 'json-more',
  childFieldsContainer: 'json-children',
  noQuotesForStringValues: false,
  quotesForFieldNames: false,
  stringifyStringValues: false,
  ariaLables: { collapseJson: 'Collapse', expandJson: 'Expand' },
}

const MOST_CHARS = 20_000

export function JsonTree({ value, label }: { value: JsonValue; label: string }) {
  if (typeof value !== 'object' || value === null) {
    return <pre className="json-text">{showHidden(String(value)).slice(0, MOST_CHARS)}</pre>
  }
  if (Object.keys(value).length === 0) return <p className="muted">Empty</p>
  return (
    <JsonView
      data={shown(value) as object}
      style={STYLE}
      shouldExpandNode={expandFirst}
      clickToExpandNode
      aria-label={label}
    />
  )
}

/** Expands two levels, except long lists. */
function expandFirst(level: number, value: unknown): boolean {
  return level < 2 && !(Array.isArray(value) && value.length > 20)
}

/** A copy with hidden characters made visible and long strings cut; `__proto__` stays a plain key. */
function shown(value: JsonValue): JsonValue {
  if (typeof value === 'string') {
    const text = showHidden(value)
    return text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text
  }
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(
    ([key, inner]) => [showHidden(key), shown(inner)] as const,
  )
  return Object.fromEntries(entries)
}
