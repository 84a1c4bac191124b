/**
 * What a call does, from its arguments, as the second half of its label: `bash · npm test`,
 * `Read · routes.ts`, `web_search · "joules per token"`. Secrets are masked.
 */
import type { JsonValue, Metadata } from '../line/event.ts'
import { cutText } from '../line/graphemes.ts'
import { parseJson } from '../line/lenient-json.ts'
import { redactSecretText } from '../line/secrets.ts'
import { kindOf } from '../row/kinds.ts'

/** Keys under which tools keep arguments, as an object or as its JSON. */
const ARGUMENTS = ['arguments', 'args', 'input', 'parameters', 'tool_input'] as const

type Form = 'text' | 'file' | 'quoted' | 'url'

/** Arguments that tell what a call does, the most telling first. */
const TELLING: readonly (readonly [key: string, form: Form])[] = [
  ['command', 'text'],
  ['cmd', 'text'],
  ['file_path', 'file'],
  ['filePath', 'file'],
  ['query', 'quoted'],
  ['pattern', 'quoted'],
  ['path', 'file'],
  ['url', 'url'],
  ['description', 'text'],
  ['prompt', 'text'],
]

/** Of them, those that also stand beside the tool's name, without an object of arguments. */
const BESIDE_TOOL: ReadonlySet<string> = new Set(['command', 'file_path', 'query', 'url'])

const MOST_CHARS = 80
/** Longer texts are cut before they are searched for secrets. */
const SEARCHED_CHARS = 1000

/** What a tool call with this metadata does; undefined if its arguments do not tell. */
export function callDetail(kind: string, metadata: Metadata): string | undefined {
  if (kindOf(kind).family !== 'tool') return undefined
  for (const key of ARGUMENTS) {
    const found = detailIn(argumentsOf(own(metadata, key)), () => true)
    if (found !== undefined) return found
  }
  return detailIn(metadata, (key) => BESIDE_TOOL.has(key))
}

function argumentsOf(value: JsonValue | undefined): Metadata | undefined {
  if (typeof value === 'string' && value.startsWith('{') && value.length <= MOST_JSON_CHARS) {
    const parsed = parseJson(value)
    return parsed.ok ? (parsed.value as Metadata) : undefined
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Metadata)
    : undefined
}

const MOST_JSON_CHARS = 100_000

function detailIn(
  args: Metadata | undefined,
  isUsed: (key: string) => boolean,
): string | undefined {
  if (args === undefined) return undefined
  for (const [key, form] of TELLING) {
    const text = isUsed(key) ? textOf(own(args, key)) : undefined
    if (text !== undefined) return inForm(text, form)
  }
  return undefined
}

/** The first line of a text; the command of a shell given as a list: `["bash", "-lc", "ls"]`. */
function textOf(value: JsonValue | undefined): string | undefined {
  if (Array.isArray(value)) {
    const words = (value as readonly JsonValue[]).filter((word) => typeof word === 'string')
    const [shell = '', option = '', script] = words
    const isShell = /(^|\/)(ba|z|da|fi)?sh$/.test(shell) && /^-\w*c$/.test(option)
    return textOf(isShell && script !== undefined ? script : words.slice(0, 50).join(' '))
  }
  if (typeof value !== 'string') return undefined
  const line = value.slice(0, SEARCHED_CHARS).trim().split('\n', 1)[0]!.trim()
  return line === '' ? undefined : line.replaceAll(/\s+/g, ' ')
}

function inForm(text: string, form: Form): string {
  const safe = redactSecretText(text)
  switch (form) {
    case 'file': {
      const name = safe.split(/[\\/]/).findLast((part) => part !== '')
      return cutText(name ?? safe, MOST_CHARS)
    }
    case 'quoted':
      return `"${cutText(safe, MOST_CHARS - 2)}"`
    case 'url':
      return cutText(safe.replace(/^https?:\/\//, ''), MOST_CHARS)
    case 'text':
      return cutText(safe, MOST_CHARS)
  }
}

function own(metadata: Metadata, key: string): JsonValue | undefined {
  return Object.hasOwn(metadata, key) ? metadata[key] : undefined
}
