/**
 * Writes any value as JSON text in one walk: never throws, never loops, never longer than asked.
 *
 * | value                         | written as                                                  |
 * |-------------------------------|-------------------------------------------------------------|
 * | `undefined`                   | left out of objects, `null` in arrays                       |
 * | NaN, ±Infinity                | `"NaN"`, `"Infinity"`, `"-Infinity"`                        |
 * | BigInt                        | its decimal digits as a string                              |
 * | function, symbol              | `"[Function name]"`, `"[Symbol(name)]"`                     |
 * | an ancestor of itself         | `"[Circular]"`                                              |
 * | deeper than 64 levels         | `"[Too deep]"`                                              |
 * | getter, toJSON, proxy throws  | `"[Threw: message]"`                                        |
 * | string beyond the limit       | its beginning, then `…[9737856 more characters]`            |
 * | array, object beyond it       | its beginning, then `"…[12 more]"` (key `"…"` in objects)    |
 *
 * Dates, errors, maps, sets and bytes have forms of their own: `forms.ts`.
 */
import { plainForm } from './plain-forms.ts'
import { keyText, quote } from './json-text.ts'

const DEPTH_MAX = 64

/** Metadata is an object; anything else given for it becomes `{"value": …}`. */
export function writeMetadata(metadata: unknown, maxChars: number): string {
  if (metadata === undefined || metadata === null) return '{}'
  const writer = new JsonWriter(maxChars)
  const text = writer.value(metadata, 0)
  if (text === undefined) return '{}'
  return text.startsWith('{') ? text : `{"value":${text}}`
}

class JsonWriter {
  /** Characters that may still be written. Markers may exceed it, once a level. */
  #room: number
  readonly #ancestors: object[] = []

  constructor(maxChars: number) {
    this.#room = maxChars
  }

  /** Undefined for what JSON leaves out. */
  value(value: unknown, depth: number): string | undefined {
    switch (typeof value) {
      case 'string':
        return this.#string(value)
      case 'number':
        return this.#spend(Number.isFinite(value) ? String(value) : `"${value}"`)
      case 'boolean':
        return this.#spend(String(value))
      case 'bigint':
        return this.#string(value.toString())
      case 'symbol':
        return this.#string(`[${value.toString()}]`)
      case 'function':
        return this.#string(`[Function ${functionName(value)}]`)
      case 'undefined':
        return undefined
      case 'object':
        return value === null ? this.#spend('null') : this.#object(value, depth)
    }
  }

  #spend(text: string): string {
    this.#room -= text.length + 1
    return text
  }

  #string(text: string): string {
    const kept = text.length > this.#room ? text.slice(0, Math.max(0, this.#room)) : text
    let quoted = quote(kept)
    if (quoted.length > this.#room + 2 && kept.length > 0) {
      // Escapes made it longer than it may be: six characters each at most.
      return this.#string6(text, kept)
    }
    if (kept.length < text.length) quoted = withMarker(quoted, text.length - kept.length)
    return this.#spend(quoted)
  }

  #string6(text: string, kept: string): string {
    const shorter = kept.slice(0, Math.floor(Math.max(0, this.#room) / 6))
    return this.#spend(withMarker(quote(shorter), text.length - shorter.length))
  }

  #object(value: object, depth: number): string {
    if (this.#ancestors.includes(value)) return this.#spend('"[Circular]"')
    if (depth >= DEPTH_MAX) return this.#spend('"[Too deep]"')
    this.#ancestors.push(value)
    try {
      const plain = plainForm(value)
      if (typeof plain !== 'object' || plain === null) return this.value(plain, depth) ?? 'null'
      // toJSON may hand back something that is already being written.
      if (plain !== value && this.#ancestors.includes(plain)) return this.#spend('"[Circular]"')
      return Array.isArray(plain) ? this.#array(plain, depth) : this.#members(plain, depth)
    } catch (error) {
      return this.#string(threw(error))
    } finally {
      this.#ancestors.pop()
    }
  }

  #array(items: readonly unknown[], depth: number): string {
    let text = ''
    for (let i = 0; i < items.length; i++) {
      if (this.#room <= 0) {
        text += `${text === '' ? '' : ','}"…[${items.length - i} more]"`
        break
      }
      const itemText = this.value(read(items, i), depth + 1) ?? this.#spend('null')
      text += text === '' ? itemText : `,${itemText}`
    }
    return `[${text}]`
  }

  #members(object: object, depth: number): string {
    const keys = Object.keys(object)
    let text = ''
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string
      if (this.#room <= key.length) {
        text += `${text === '' ? '' : ','}"…":"…[${keys.length - i} more]"`
        break
      }
      const memberText = this.value(read(object, key), depth + 1)
      if (memberText === undefined) continue
      const named = this.#spend(keyText(key)) + memberText
      text += text === '' ? named : `,${named}`
    }
    return `{${text}}`
  }
}

/** A member, or what its getter threw. */
function read(object: object, key: string | number): unknown {
  try {
    return (object as Record<string | number, unknown>)[key]
  } catch (error) {
    return threw(error)
  }
}

function withMarker(quoted: string, cutChars: number): string {
  return `${quoted.slice(0, -1)}…[${cutChars} more characters]"`
}

/** A class may have a static `name` of any kind, or a getter that throws. */
function functionName(fn: object): string {
  const name = read(fn, 'name')
  return typeof name === 'string' && name !== '' ? name : 'anonymous'
}

function threw(error: unknown): string {
  return `[Threw: ${errorMessage(error)}]`
}

/** What a thrown value says, whatever it is. Never throws. */
export function errorMessage(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error)
  } catch {
    // A thrown value whose own text throws: there is nothing left to ask.
    return 'unknown'
  }
}
