/**
 * Removes secrets from metadata. Sinks, subscribers and `getEvents()` get the redacted metadata; the
 * original is not kept.
 */
import { isSecretName, type JsonValue, redactSecretText, REDACTED } from '@wattline/trace'
import { errorMessage } from './json-writer.ts'

/**
 * Called for each member of the metadata, outer members first. The result replaces the member:
 * return `value` to keep it, `undefined` to leave it out.
 */
export type Redact = (key: string, value: JsonValue, eventType: string) => JsonValue | undefined

/**
 * The built-in rule. Replaces values of names that are those of a secret (`api_key`, `dbPassword`,
 * `Authorization` …), as keys, in `[name, value]` and `{name, value}`, after a command's option, and
 * in `name=value` and JSON inside texts; and well-known shapes in texts (`sk-…`, `ghp_…`, AWS keys,
 * JWTs, bearer tokens, private keys, passwords in URLs). It cannot recognize every secret.
 *
 * @example new EventRecorder({ redact: redactSecrets })
 */
export const redactSecrets: Redact = (key, value) => {
  if (typeof value === 'boolean' || value === null) return value
  if (isSecretName(key)) return REDACTED
  if (typeof value === 'string') return redactSecretText(value)
  if (Array.isArray(value)) return redactList(value)
  if (typeof value === 'object') return redactPair(value as { readonly [key: string]: JsonValue })
  return value
}

/** Redacts `['Authorization', '…']`, and the value after an option such as `--password`. */
function redactList(list: readonly JsonValue[]): JsonValue {
  return list.map((item, at) => {
    const before = list[at - 1]
    if (typeof before !== 'string' || typeof item !== 'string') return item
    const isOption = before.startsWith('-')
    const isPair = list.length === 2 && at === 1
    return (isOption || isPair) && isSecretName(before) ? REDACTED : item
  })
}

/** Redacts `{ name: 'Authorization', value: '…' }`. */
function redactPair(pair: { readonly [key: string]: JsonValue }): JsonValue {
  const name = pair['name'] ?? pair['key']
  const isSecret = 'value' in pair && typeof name === 'string' && isSecretName(name)
  return isSecret ? { ...pair, value: REDACTED } : pair
}

/**
 * Applies `redact` to every member at any depth of metadata text. If the rule throws, the result has
 * only the reason.
 */
export function redactText(text: string, redact: Redact, eventType: string): string {
  try {
    const data = JSON.parse(text) as { readonly [key: string]: JsonValue }
    return JSON.stringify(redactMembers(data, redact, eventType))
  } catch (error) {
    return JSON.stringify({ redact_failed: errorMessage(error) })
  }
}

function redactMembers(
  object: { readonly [key: string]: JsonValue },
  redact: Redact,
  eventType: string,
): object {
  const members = Object.entries(object).flatMap(([key, value]) => {
    const kept = redactValue(key, value, redact, eventType)
    return kept === undefined ? [] : [[key, kept] as const]
  })
  // fromEntries defines members, so a key such as `__proto__` remains data.
  return Object.fromEntries(members)
}

function redactValue(key: string, value: JsonValue, redact: Redact, eventType: string): unknown {
  const kept = redact(key, value, eventType)
  if (typeof kept !== 'object' || kept === null) return kept
  if (Array.isArray(kept)) {
    return kept.map((item: JsonValue) => redactValue(key, item, redact, eventType) ?? null)
  }
  return redactMembers(kept as { readonly [key: string]: JsonValue }, redact, eventType)
}
