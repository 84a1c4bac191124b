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

/** Names of a secret in snake case. `tokens` and `token_count` do not match. */
const SECRET_NAME =
  /^(?:.*[_-])?(?:authorization|set[_-]cookie|cookie|passwords?|passwd|pwd|passphrase|password[_-]hash|pin|secrets?|jwt|(?:private|api|access|secret|account)[_-]?key|(?:access|refresh|auth|bearer|id|session)?[_-]?token|credentials?|client[_-]?secret|connection[_-]?string)$/i

/** A longer name is not that of a secret. */
const MAX_NAME_CHARS = 128

/**
 * Secrets that are recognizable anywhere in a text. Each pattern takes linear time: where it can scan
 * far, it starts only once per run of the same characters.
 */
const SECRET_TEXT = new RegExp(
  [
    String.raw`\bsk-[A-Za-z0-9_-]{16,}`, // OpenAI, Anthropic
    String.raw`\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}`, // Stripe
    String.raw`\bglpat-[\w-]{16,}|\bnpm_[A-Za-z0-9]{30,}|\bgsk_[A-Za-z0-9]{20,}`,
    String.raw`\bSG\.[\w-]{16,}\.[\w-]{16,}`, // SendGrid
    String.raw`(?<=\bhooks\.slack\.com\/services\/)[\w/]+`,
    String.raw`\bgh[oprsu]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}`,
    String.raw`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`,
    String.raw`\bAIza[0-9A-Za-z_-]{30,}`,
    String.raw`\bxox[abeprs]-[0-9A-Za-z-]{10,}`,
    String.raw`\bhf_[A-Za-z0-9]{20,}`,
    String.raw`(?<![\w-])[\w-]{11,}\.eyJ[\w-]{8,}\.[\w-]+`, // JSON Web Token
    String.raw`\b[Bb]earer\s+[\w.~+/=-]{12,}`,
    String.raw`(?<=\b[Aa]uthorization["']?:\s?["']?[Bb]asic\s)[\w+/=-]+`,
    String.raw`(?<=\s-u\s[^\s:]{1,100}:)\S+`, // curl
    String.raw`-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`,
    String.raw`(?<=:\/\/[^\s:/@]{1,256}:)[^\s:/@]+(?=@)`, // user:password@host
  ].join('|'),
  'g',
)

/** `NAME=value` in commands and URLs, and `"NAME": "value"` in JSON. */
const ASSIGNMENT =
  /(?<![\w-])([\w-]{1,128})(=)([^\s&"',;]+)|"([\w-]{1,128})"(\s{0,9}:\s{0,9}")((?:[^"\\]|\\.){1,1000})"/g

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
  if (typeof value === 'string') return redactTextParts(value)
  if (Array.isArray(value)) return redactList(value)
  if (typeof value === 'object') return redactPair(value as { readonly [key: string]: JsonValue })
  return value
}

function isSecretName(name: string): boolean {
  if (name.length > MAX_NAME_CHARS) return false
  return SECRET_NAME.test(name.replaceAll(/[a-z0-9](?=[A-Z])|[A-Z](?=[A-Z][a-z])/g, '$&_'))
}

function redactTextParts(text: string): string {
  return text
    .replace(SECRET_TEXT, REDACTED)
    .replace(
      ASSIGNMENT,
      (whole, name?: string, sign = '', _value = '', quoted = '', colon = '') => {
        if (name !== undefined) return isSecretName(name) ? `${name}${sign}${REDACTED}` : whole
        return isSecretName(quoted) ? `"${quoted}"${colon}${REDACTED}"` : whole
      },
    )
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
