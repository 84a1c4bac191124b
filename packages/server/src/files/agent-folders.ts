/**
 * Where coding agents keep their sessions. They contain what a person wrote and what tools read, so a
 * server that shows one needs its token for reading, whatever the mode of the files.
 */
import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, sep } from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

export interface AgentTool {
  /** For people. */
  readonly name: string
  /** The variable that moves its folder, and the folder in the home folder without it. */
  readonly variable: string
  readonly home: string
  /** The folder of the sessions in that. */
  readonly sessions: string
}

/** By the name of the command that shows them. */
export const AGENT_TOOLS = {
  claude: {
    name: 'Claude Code',
    variable: 'CLAUDE_CONFIG_DIR',
    home: '.claude',
    sessions: 'projects',
  },
  codex: { name: 'Codex', variable: 'CODEX_HOME', home: '.codex', sessions: 'sessions' },
} as const satisfies Record<string, AgentTool>

/** The folder in which the sessions of a tool are. */
export function sessionsFolder({ variable, home, sessions }: AgentTool, env: Env): string {
  const base = env[variable] || join(env['HOME'] || homedir(), home)
  return join(base, sessions)
}

/** A test whether a path, which contains no links, is or is in a folder of sessions. */
export function agentSessionTest(env: Env): (path: string) => boolean {
  const folders = Object.values(AGENT_TOOLS).flatMap((tool) => {
    const folder = sessionsFolder(tool, env)
    return [folder, realPath(folder)]
  })
  return (path) => folders.some((folder) => path === folder || path.startsWith(folder + sep))
}

/** The path without links, where it exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // It does not exist, so nothing is in it.
    return path
  }
}
