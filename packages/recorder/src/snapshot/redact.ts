/**
 * Removes secrets from metadata. Sinks, subscribers and `getEvents()` get the redacted metadata; the
 * original is not kept.
 */
import type { JsonValue } from '@wattline/trace'
import { errorMessage } from './json-writer.ts'

/**
 * Called for each member of the metadata, outer members first. The result replaces the member:
 * return `value` to keep it, `undefined` to leave it out.
 */
export type Redact = (key: string, value: JsonValue, eventType: string) => JsonValue | undefined

const REDACTED = '[redacted]'

/** Keys whose value is a secret. `tokens` and `token_count` do not match. */
const SECRET_KEY =
  /^(?:.*[_-])?(?:authorization|cookie|set-cookie|password|passwd|secret|private[_-]?key|api[_-]?key|apikey|access[_-]?key|(?:access|refresh|auth|bearer|id|session)?[_-]?token|credentials?|client[_-]?secret)$/i

/** Secrets that are recognizable anywhere in a text. */
const SECRET_TEXT = new RegExp(
  [
    String.raw`\bsk-[A-Za-z0-9_-]{16,}`, // OpenAI, Anthropic
    String.raw`\bgh[oprsu]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}`,
    String.raw`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`,
    String.raw`\bAIza[0-9A-Za-z_-]{30,}`,
    String.raw`\bxox[abeprs]-[0-9A-Za-z-]{10,}`,
    String.raw`\bhf_[A-Za-z0-9]{20,}`,
    String.raw`\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+`, // JSON Web Token
    String.raw`\b[Bb]earer\s+[\w.~+/=-]{12,}`,
    String.raw`-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`,
    String.raw`(?<=:\/\/[^\s:/@]{1,256}:)[^\s:/@]+(?=@)`, // user:password@host
  ].join('|'),
  'g',
)

/**
 * The built-in rule. Replaces values of keys that name a secret (`api_key`, `Authorization`,
 * `password` …) and well-known shapes in texts (`sk-…`, `ghp_…`, AWS keys, JWTs, bearer tokens,
 * private keys, passwords in URLs). It cannot recognize every secret.
 *
 * @example new EventRecorder({ redact: redactSecrets })
 */
export const redactSecrets: Redact = (key, value) => {
  if (typeof value === 'string') {
    return SECRET_KEY.test(key) ? REDACTED : value.replace(SECRET_TEXT, REDACTED)
  }
  return typeof value === 'object' && value !== null && SECRET_KEY.test(key) ? REDACTED : value
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
