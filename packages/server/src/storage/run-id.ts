/** Run ids and the names of their folders. A name never leads out of the folder of the store. */
import { createHash } from 'node:crypto'

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
/** Names that Windows reserves for devices, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
const CONTROL = /[\u0000-\u001f\u007f]/
const MAX_ID_CHARS = 200
const MAX_FOLDER_CHARS = 240
/** Encoded characters before the hash in the folder name of a long id. */
const READABLE_CHARS = 160

/** Describes why a run id cannot be used; undefined when it can. */
export function runIdProblem(id: string): string | undefined {
  if (id === '') return 'a run id cannot be empty'
  // In the path of a URL they name a folder, so that the run could not be read.
  if (id === '.' || id === '..') return `a run id cannot be ${id}`
  if (id.length > MAX_ID_CHARS) {
    return `a run id has at most ${MAX_ID_CHARS} characters, this one has ${id.length}`
  }
  if (CONTROL.test(id) || Buffer.from(id).toString() !== id) {
    return 'a run id cannot contain control characters or broken Unicode'
  }
  return undefined
}

/**
 * The name of a run's folder. An ordinary id is its own name. Any other id becomes `_` and its
 * UTF-8 bytes, where bytes other than `A–Z a–z 0–9 -` are written as `=XX`. The encoding contains no
 * dots and no slashes. Of a name that is too long for a file system, the end is replaced by a hash.
 *
 * @example folderName('../etc') // '_=2E=2E=2Fetc'
 */
export function folderName(id: string): string {
  if (PLAIN.test(id) && !DEVICE.test(id) && !id.endsWith('.')) return id
  let name = '_'
  for (const byte of Buffer.from(id)) {
    const char = String.fromCharCode(byte)
    name += /[A-Za-z0-9-]/.test(char)
      ? char
      : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  if (name.length <= MAX_FOLDER_CHARS) return name
  // No other name contains `~`.
  return `${name.slice(0, READABLE_CHARS)}~${createHash('sha256').update(id).digest('hex')}`
}
