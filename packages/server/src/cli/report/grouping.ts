/** What `--group KEY` groups spans by. */
import type { JsonValue, Mark, Metadata, Span } from '@wattline/trace'

export type GroupOf = (item: Span | Mark, metadata: Metadata) => string

/** Keys that stand for several spellings in the logs. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  tool: ['tool', 'tool_name'],
  model: ['model_alias', 'model_id', 'model'],
}

/** `agent` (a span without one takes its parent's), `kind`, `tool`, `model` or any metadata key. */
export function groupBy(key: string): GroupOf {
  if (key === 'agent') return (span) => span.agent ?? ''
  if (key === 'kind') return (span) => span.kind
  const keys = Object.hasOwn(ALIASES, key) ? (ALIASES[key] ?? [key]) : [key]
  return (_span, metadata) => {
    for (const name of keys) {
      const text = Object.hasOwn(metadata, name) ? textOf(metadata[name]) : undefined
      if (text !== undefined) return text
    }
    return ''
  }
}

function textOf(value: JsonValue | undefined): string | undefined {
  if (value === null || value === undefined || value === '') return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}
