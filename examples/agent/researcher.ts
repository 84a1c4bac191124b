/** The agent's loop: ask the model, call tools (several in parallel), ask again with the results. */
import type { EventRecorder } from '@wattline/recorder'
import { ScriptedModel } from './model.ts'
import { Tools, withRetry, type FileMatch } from './tools.ts'

export interface Task {
  readonly folder: string
  readonly catalogUrl: string
  /** 2 = the model is twice as fast. */
  readonly speed: number
  /** A file that the sub-agent appends its events to as well. */
  readonly save: string | undefined
}

/** Finds the files of a folder that record events, and has the largest one summarized. */
export function researcher(recorder: EventRecorder, task: Task): Promise<string> {
  const model = new ScriptedModel(recorder, 'scripted-large', task.speed)
  const tools = new Tools(recorder)

  return recorder.span('agent', { agent_name: 'researcher', goal: 'who records?' }, async () => {
    let largest: FileMatch | undefined

    await recorder.span('turn', { turn_idx: 0 }, async () => {
      await model.complete(
        `Find out which files in ${task.folder} record events. `.repeat(8),
        'I will search the sources, ask for the license, and check the tool versions, all at once.',
      )
      const [matches] = await Promise.all([
        tools.searchFiles(task.folder, '.ts', 'record('),
        withRetry(recorder, 150, () => tools.fetchJson(`${task.catalogUrl}/license`)),
        tools.run(process.execPath, ['--version']),
      ])
      largest = matches.toSorted((a, b) => b.lines - a.lines)[0]
    })

    await recorder.span('turn', { turn_idx: 1 }, async () => {
      await model.complete(
        `The matches are: ${JSON.stringify(largest)}. `.repeat(6),
        'The history might tell more. If there is none, the largest file has to do.',
      )
      try {
        await tools.run('git', ['-C', task.folder, 'log', '--oneline', '-5', 'no-such-branch'])
      } catch {
        // The failed call is on the timeline. The agent continues without it.
        recorder.point('error_classified', { category: 'tool', recovered: true })
      }
    })

    return recorder.span('turn', { turn_idx: 2 }, async (turn) => {
      if (largest === undefined) return 'Nothing here records events.'
      const path = largest.path
      const [summary] = await Promise.all([
        tools.delegate(path, ['--speed', String(task.speed), ...saveArgs(task)]),
        tools.run(process.execPath, ['-e', 'for (let i = 0; i < 2e8; i++);']),
      ])
      const answer = await model.complete(
        `The summary of ${path} is ${JSON.stringify(summary)}. `.repeat(4),
        `The largest file that records events is ${path}, with ${largest.lines} lines.`,
      )
      turn.add({ answer })
      return answer
    })
  })
}

function saveArgs({ save }: Task): string[] {
  return save === undefined ? [] : ['--save', save]
}
