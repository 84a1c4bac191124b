/**
 * Writes any value as JSON text in one pass: it never throws, always ends, and limits the length.
 * README.md lists the forms of values that JSON cannot represent.
 */
import { keyText, quote } from './json-text.ts'
import { isError, plainForm } from './plain-forms.ts'

const DEPTH_MAX = 64

/** Writes metadata as a JSON object. A value that is not an object becomes `{"value": …}`. */
export function writeMetadata(metadata: unknown, maxChars: number): string {
  if (metadata === undefined || metadata === null) return '{}'
  const writer = new JsonWriter(maxChars)
  const text = writer.value(metadata, 0)
  if (text === undefined) return '{}'
  return text.startsWith('{') ? text : `{"value":${text}}`
}

class JsonWriter {
  /** Characters that may still be written. A marker may exceed it, once per level. */
  #room: number
  readonly #ancestors: object[] = []

  constructor(maxChars: number) {
    this.#room = maxChars
  }

  /** The JSON text; undefined for a value that JSON leaves out. */
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
    let kept = text.slice(0, Math.max(0, this.#room))
    let quoted = quote(kept)
    if (kept !== '' && quoted.length > this.#room + 2) {
      // Its escapes exceed the room: an escape has at most six characters.
      kept = kept.slice(0, Math.floor(this.#room / 6))
      quoted = quote(kept)
    }
    const cutChars = text.length - kept.length
    return this.#spend(
      cutChars === 0 ? quoted : `${quoted.slice(0, -1)}…[${cutChars} more characters]"`,
    )
  }

  #object(value: object, depth: number): string {
    if (this.#ancestors.includes(value)) return this.#spend('"[Circular]"')
    if (depth >= DEPTH_MAX) return this.#spend('"[Too deep]"')
    this.#ancestors.push(value)
    try {
      const plain = plainForm(value)
      if (typeof plain !== 'object' || plain === null) return this.value(plain, depth) ?? 'null'
      // toJSON may return an object that is being written.
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

/** Reads a member, or describes the error of its getter. */
function read(object: object, key: string | number): unknown {
  try {
    return (object as Record<string | number, unknown>)[key]
  } catch (error) {
    return threw(error)
  }
}

/** Reads a function's name. A class may have a static `name` of any type, or one that throws. */
function functionName(fn: object): string {
  const name = read(fn, 'name')
  return typeof name === 'string' && name !== '' ? name : 'anonymous'
}

function threw(error: unknown): string {
  return `[Threw: ${errorMessage(error)}]`
}

/** The message of a thrown value of any type. Never throws. */
export function errorMessage(error: unknown): string {
  try {
    return isError(error) ? String(error.message) : String(error)
  } catch {
    // Converting the thrown value to text throws as well.
    return 'unknown'
  }
}
