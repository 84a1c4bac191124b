/** A JSON value as a tree. Strings are shown as text, never as markup or links. */
import { cutText, showHidden } from '@wattline/trace'
import type { JsonValue } from '@wattline/trace'
import { JsonView } from 'react-json-view-lite'
import { formatInteger } from '../base/format.ts'

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
/** Entries of one list or object. The copy has all. */
const MOST_ENTRIES = 1000
/** An object with more keys than this, or a list with more items, is expanded only by a click. */
const MOST_EXPANDED = { object: 100, list: 20 }

export function JsonTree({ value, label }: { value: JsonValue; label: string }) {
  if (typeof value !== 'object' || value === null) {
    return <pre className="json-text">{showHidden(cutText(String(value), MOST_CHARS))}</pre>
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

/** Expands two levels, except large objects and lists. */
function expandFirst(level: number, value: unknown): boolean {
  if (level >= 2) return false
  if (Array.isArray(value)) return value.length <= MOST_EXPANDED.list
  return Object.keys(value as object).length <= MOST_EXPANDED.object
}

/**
 * A copy with hidden characters made visible and long strings, lists and objects cut; `__proto__`
 * stays a plain key.
 */
function shown(value: JsonValue): JsonValue {
  if (typeof value === 'string') return showHidden(cutText(value, MOST_CHARS))
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.slice(0, MOST_ENTRIES).map(shown)
    return value.length > MOST_ENTRIES ? [...items, notShown(value.length)] : items
  }
  const entries = Object.entries(value)
  const copies = entries
    .slice(0, MOST_ENTRIES)
    .map(([key, inner]) => [showHidden(key), shown(inner)] as const)
  if (entries.length > MOST_ENTRIES) copies.push(['…', notShown(entries.length)])
  return Object.fromEntries(copies)
}

function notShown(count: number): string {
  return `… ${formatInteger(count - MOST_ENTRIES)} more are not shown; the copy has all`
}
