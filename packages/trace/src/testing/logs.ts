/** Reads the sample logs that stand beside a checkout; tests that need them skip without. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { AgentEvent } from '../line/event.ts'
import { parseLine } from '../line/parse.ts'

const FOLDER = fileURLToPath(new URL('../../../../../shared/logs/', import.meta.url))

export const hasLogs = existsSync(FOLDER)

export function logText(path: string): string {
  return readFileSync(`${FOLDER}${path}`, 'utf8')
}

export function logEvents(path: string): AgentEvent[] {
  return logText(path)
    .split('\n')
    .map((line) => parseLine(line))
    .flatMap((parsed) => (parsed.type === 'event' ? [parsed.event] : []))
}
