/** `wattline claude` and `wattline codex`: shows the sessions of a coding agent while they grow. */
import { stat } from 'node:fs/promises'
import { type AgentTool, sessionsFolder } from '../../files/agent-folders.ts'
import { CliError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import { type ServerFlags, tildePath } from '../input/settings.ts'
import { serveAndOpen } from './serve.ts'

export async function sessions(tool: AgentTool, flags: ServerFlags, io: CliIo): Promise<void> {
  const folder = sessionsFolder(tool, io.env)
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory() !== true) {
    throw new CliError(
      `There are no sessions of ${tool.name} in ${tildePath(folder, io)}; ${tool.variable} names another folder than ~/${tool.home}.`,
    )
  }
  await serveAndOpen([folder], flags, io, [])
}
