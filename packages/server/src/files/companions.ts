/**
 * Finds files beside a log that belong to the same run, for readers of other tools' logs. Their patterns
 * are relative to the folder of the log: `ID/subagents/agent-*.jsonl`.
 */
import { readdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type { CompanionFile, Companions } from '@wattline/formats'
import { openForeign } from '../base/file-io.ts'

/** Folders and files that a pattern may match. */
const MOST_MATCHES = 5000
/** Segments of a pattern. */
const MOST_SEGMENTS = 8

/** The files that match `pattern`, with their paths; none where a folder cannot be read. */
export async function matchingFiles(main: string, pattern: string): Promise<string[]> {
  const segments = pattern.split('/')
  if (segments.length > MOST_SEGMENTS) return []
  let found = [dirname(main)]
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1
    const next: string[] = []
    for (const folder of found) {
      if (next.length >= MOST_MATCHES) break
      next.push(...(await matchesIn(folder, segment, isLast)))
    }
    found = next.slice(0, MOST_MATCHES)
  }
  return found.filter((path) => path !== main)
}

async function matchesIn(folder: string, segment: string, isFile: boolean): Promise<string[]> {
  if (segment === '..') return isFile ? [] : [dirname(folder)]
  const isMatch = matcher(segment)
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => (isFile ? entry.isFile() : entry.isDirectory()) && isMatch(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort()
}

/** Whether a name matches a segment, in which `*` stands for any characters. */
function matcher(segment: string): (name: string) => boolean {
  const [first = '', ...rest] = segment.split('*')
  const last = rest.pop()
  if (last === undefined) return (name) => name === segment
  return (name) => {
    if (!name.startsWith(first) || !name.endsWith(last)) return false
    let at = first.length
    for (const part of rest) {
      const found = name.indexOf(part, at)
      if (found === -1) return false
      at = found + part.length
    }
    return at <= name.length - last.length
  }
}

/** The name of a companion in the source of lines: its path relative to the folder of the log. */
export function companionName(main: string, path: string): string {
  return relative(dirname(main), path).split(sep).join('/')
}

/** The files beside the log at `main`. */
export function companionsOf(main: string): Companions {
  return {
    async find(pattern) {
      const paths = await matchingFiles(main, pattern)
      return paths.map((path): CompanionFile => ({
        name: companionName(main, path),
        chunks: () => chunksOf(path),
      }))
    },
  }
}

async function* chunksOf(path: string): AsyncGenerator<Uint8Array, void, void> {
  const file = await openForeign(path)
  yield* file.createReadStream() as AsyncIterable<Uint8Array>
}
