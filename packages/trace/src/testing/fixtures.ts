/** Reads the recorded logs of `packages/trace/fixtures`, gzipped or not. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { AgentEvent } from '../line/event.ts'
import { parseLine } from '../line/parse.ts'

const FOLDER = new URL('../../fixtures/', import.meta.url)

/** The text of a fixture, by its file name. */
export function fixtureText(name: string): string {
  const bytes = readFileSync(new URL(name, FOLDER))
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}

/** The events of a fixture in the order of its lines. */
export function fixtureEvents(name: string): AgentEvent[] {
  return fixtureText(name)
    .split('\n')
    .map((line) => parseLine(line))
    .flatMap((parsed) => (parsed.type === 'event' ? [parsed.event] : []))
}
