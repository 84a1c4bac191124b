/** The sub-agent: summarizes one file, in another process. */
import { readFile } from 'node:fs/promises'
import type { EventRecorder } from '@wattline/recorder'
import { ScriptedModel } from './model.ts'

export interface Summary {
  readonly path: string
  readonly functions: number
  readonly text: string
}

export function summarizer(recorder: EventRecorder, path: string, speed: number): Promise<Summary> {
  const model = new ScriptedModel(recorder, 'scripted-small', speed)
  return recorder.span('agent', { agent_name: 'summarizer' }, async () => {
    const content = await recorder.span('tool_call', { tool: 'read_file', path }, async (span) => {
      const text = await readFile(path, 'utf8')
      span.add({ bytes: text.length, success: true })
      return text
    })
    const functions = content.match(/\bfunction\b|=>/g)?.length ?? 0
    const text = await model.complete(
      content.slice(0, 2_000),
      `A file of ${content.split('\n').length} lines with about ${functions} functions.`,
    )
    return { path, functions, text }
  })
}
