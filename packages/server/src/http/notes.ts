/**
 * `GET` and `PUT /api/runs/ID/notes/NAME`: small texts beside a log. A client that writes says which
 * version it has read, so that two of them do not undo each other's changes.
 */
import { isUtf8 } from 'node:buffer'
import type { FoundRun } from '../runs/runs.ts'
import { NOTE_NAME } from '../storage/store.ts'
import { HttpError } from './errors.ts'

/** In a precondition: there is a note, whatever its version. */
const ANY = '*'

export interface Precondition {
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
}

export async function getNote({ source, info }: FoundRun, name: string): Promise<Response> {
  checkName(name)
  const note = await source.readNote(info.id, name)
  if (note === undefined) throw new HttpError(404, `run ${info.id} has no note ${name}`)
  return new Response(note.text, {
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      etag: `"${note.version}"`,
    },
  })
}

export async function putNote(
  { source, info }: FoundRun,
  name: string,
  body: Uint8Array,
  precondition: Precondition,
): Promise<Response> {
  checkName(name)
  if (!isUtf8(body)) throw new HttpError(400, 'expected a note in UTF-8')
  const text = Buffer.from(body).toString()
  const expected = expectedVersion(precondition)
  const known = expected === ANY ? await source.readNote(info.id, name) : undefined
  if (expected === ANY && known === undefined) {
    throw new HttpError(412, `run ${info.id} has no note ${name} that could be replaced`)
  }
  const version = await source.writeNote(info.id, name, text, known?.version ?? expected)
  return new Response(null, { status: 204, headers: { etag: `"${version}"` } })
}

/** The server's own notes are not for clients. */
function checkName(name: string): void {
  if (NOTE_NAME.test(name) && !name.startsWith('_')) return
  throw new HttpError(
    400,
    `expected the name of a note to be up to 63 of a–z, 0–9 and "-", got ${JSON.stringify(name)}`,
  )
}

function expectedVersion({ ifMatch, ifNoneMatch }: Precondition): string | undefined {
  if (ifMatch === undefined && ifNoneMatch === '*') return undefined
  if (ifMatch === ANY) return ANY
  const version = /^"([\w-]+)"$/.exec(ifMatch ?? '')?.[1]
  if (version !== undefined) return version
  if (ifMatch === undefined) {
    throw new HttpError(
      428,
      'expected If-Match with the ETag of the note that is replaced, or If-None-Match: * for a new note',
    )
  }
  throw new HttpError(400, `expected one ETag in If-Match, got ${JSON.stringify(ifMatch)}`)
}
